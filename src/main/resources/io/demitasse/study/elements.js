/* Elements, always made of text and never of markup: whatever a text says, it is shown. */

function element(name, attributes = {}, ...children) {
    return filled(document.createElement(name), attributes, children);
}

function vector(name, attributes = {}, ...children) {
    return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function filled(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith('on')) {
            node.addEventListener(name.slice(2), value);
        } else if (value !== null && value !== false) {
            node.setAttribute(name, value === true ? '' : value);
        }
    }
    node.append(...children);
    return node;
}

/** Numbers as a table, made when it is opened: most readers do not, and those who cannot see a picture do. */
function table(caption, keys, header, rows) {
    const body = element('div', {class: 'table', tabindex: 0, role: 'region', 'aria-label': caption});
    const details = element('details', {}, element('summary', {}, caption), body);
    const draw = () => {
        if (details.open) {
            const cell = (value, column) => element(column === 0 ? 'th' : 'td', column === 0 ? {scope: 'row', dir: 'auto'} : {}, value);
            body.replaceChildren(element('table', {},
                element('thead', {}, element('tr', {},
                    ...header().map(name => element('th', {scope: 'col'}, name)))),
                element('tbody', {}, ...rows().map(row => element('tr', {}, ...row.map(cell))))));
        }
    };
    details.addEventListener('toggle', draw);
    watch(keys, draw);
    return details;
}

/** A row of buttons of which one is pressed. */
function choices(label, key, options) {
    const buttons = options.map(([value, name]) =>
        element('button', {type: 'button', onclick: () => choose({[key]: value})}, name));
    const chosen = element('span', {class: 'on-paper'});
    watch([key], () => buttons.forEach((button, i) => {
        const pressed = state[key] === options[i][0];
        button.setAttribute('aria-pressed', pressed);
        chosen.textContent = pressed ? `${label}: ${options[i][1]}` : chosen.textContent;
    }));
    return element('div', {class: 'choices', role: 'group', 'aria-label': label}, ...buttons, chosen);
}

/** A slider over the depths. */
function depthSlider(text) {
    const name = depth => depth === 0 ? 'after the embeddings' : `after block ${depth - 1}`;
    const input = element('input', {type: 'range', min: 0, max: text.layers, step: 1, 'aria-label': 'Depth',
        oninput: event => choose({depth: Number(event.target.value)})});
    const output = element('output', {}, '');
    watch(['depth'], () => {
        input.value = state.depth;
        input.setAttribute('aria-valuetext', name(state.depth));
        output.textContent = name(state.depth);
    });
    return element('label', {class: 'slider'}, input, output);
}

/** A figure in a panel: a heading where two texts stand side by side, then whatever belongs to it. */
function panel(text, ...children) {
    const heading = texts.length > 1 ? [element('p', {class: 'which', dir: 'auto'}, text.text)] : [];
    return element('div', {class: 'panel'}, ...heading, ...children);
}

/** What is scrolled sideways, with a sign at the edge beyond which there is more. */
function sideways(node) {
    const scroller = element('div', {class: 'scroll'}, node);
    const frame = element('div', {class: 'sideways'}, scroller);
    const look = () => {
        const rest = scroller.scrollWidth - scroller.clientWidth - scroller.scrollLeft;
        frame.classList.toggle('more-left', scroller.scrollLeft > 1);
        frame.classList.toggle('more-right', rest > 1);
    };
    scroller.addEventListener('scroll', look);
    onResize(scroller, look);
    return frame;
}

/** Arrow keys as steps; anything else is left to the browser. */
function arrows(event, step) {
    const [right, down] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key] ?? [0, 0];
    if (right !== 0 || down !== 0) {
        event.preventDefault();
        step(right, down);
    }
}

function clamp(value, low, high) {
    return Math.min(high, Math.max(low, value));
}
