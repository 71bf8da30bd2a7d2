/* All heads at a glance: a small map each. Choosing one shows it large. */

const THUMBNAIL = 44;       // CSS pixels

function attentionGrid() {
    const text = texts[0];
    const columns = [MEAN, ...Array(text.heads).keys()];
    const maps = [];
    const grid = element('div', {class: 'heads', role: 'radiogroup', 'aria-label': 'Block and head',
        style: `--columns:${columns.length}`});
    grid.append(element('span'), ...columns.map(head =>
        element('span', {class: 'axis', 'aria-hidden': true}, head === MEAN ? 'mean' : head)));
    for (let layer = 0; layer < text.layers; layer++) {
        grid.append(element('span', {class: 'axis', 'aria-hidden': true}, layer));
        for (const head of columns) {
            const canvas = element('canvas', {'aria-hidden': true});
            const button = element('button', {type: 'button', role: 'radio', 'aria-label': headName(layer, head),
                onclick: () => choose({layer, head})}, canvas);
            maps.push({layer, head, canvas, button});
            grid.append(button);
        }
    }
    grid.addEventListener('keydown', event => arrows(event, (right, down) => {
        const column = clamp(columns.indexOf(state.head) + right, 0, columns.length - 1);
        choose({layer: clamp(state.layer + down, 0, text.layers - 1), head: columns[column]});
        maps.find(map => map.layer === state.layer && map.head === state.head).button.focus();
    }));
    watch(['layer', 'head'], () => maps.forEach(map => {
        const chosen = map.layer === state.layer && map.head === state.head;
        map.button.setAttribute('aria-checked', chosen);
        map.button.tabIndex = chosen ? 0 : -1;
    }));
    watch(['added', 'theme'], () => maps.forEach(map => thumbnail(text, map)));
    return sideways(grid);
}

function headName(layer, head) {
    return head === MEAN ? `block ${layer}, mean of the heads` : `block ${layer}, head ${head}`;
}

/** A long text's map is sampled: a thumbnail has no room for each of its tokens. */
function thumbnail(text, map) {
    const tokens = sampled(text.shown(state.added), 3 * THUMBNAIL);
    const values = text.attention(map.layer, map.head);
    const most = largest(text, values, tokens);
    const picture = pixels(tokens, colours.amounts, (query, key) =>
        shadeOfProbability(values[query * text.size + key], most));
    const context = prepared(map.canvas, THUMBNAIL, THUMBNAIL);
    map.canvas.style.width = map.canvas.style.height = '';      // it takes what room its column has
    context.imageSmoothingEnabled = tokens.length > THUMBNAIL;
    context.drawImage(picture, 0, 0, THUMBNAIL, THUMBNAIL);
}

function sampled(tokens, most) {
    const step = Math.ceil(tokens.length / most);
    return tokens.filter((_, i) => i % step === 0);
}

/** The largest of the values between these tokens, which gets the strongest colour. */
function largest(text, values, tokens) {
    let most = 1;
    for (const query of tokens) {
        for (const key of tokens) {
            most = Math.max(most, values[query * text.size + key]);
        }
    }
    return most;
}
