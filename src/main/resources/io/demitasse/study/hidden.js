/* Where the tokens' hidden states lie: lengths, angles, and a plane. */

function cosineMatrix(text) {
    return new MatrixView(text, {
        name: 'Cosine of each pair of tokens',
        hint: 'Point at a cell, or move with the arrow keys.',
        keys: ['depth'],
        ramp: () => colours.signs,
        shade: () => (first, second) => shadeOfCosine(text.cosine(state.depth, first, second)),
        text: (first, second) => `${text.said(first)} and ${text.said(second)}: cosine `
            + fixed(text.cosine(state.depth, first, second), text.decimals)
    });
}

function normChart(text) {
    const of = pick => text.depths.map(depth => pick(depth.norms));
    const most = niceEnd(Math.max(...of(norms => Math.max(...norms))));
    const mean = {name: 'mean', colour: 'muted', dashed: true,
        values: of(norms => norms.reduce((a, b) => a + b) / norms.length)};
    const band = {low: of(norms => Math.min(...norms)), high: of(norms => Math.max(...norms))};
    const figure = element('div', {class: 'figure'});
    watch(['depth', ...FOCUS], () => {
        const token = Math.max(0, focus(text));
        const one = {name: text.tokens[token], colour: 'ink', values: of(norms => norms[token])};
        figure.replaceChildren(chart('Length of hidden states after each block', [mean, one], band, most, 0));
    });
    return figure;
}

/** An end for an axis with four even steps. */
function niceEnd(most) {
    const unit = 10 ** Math.floor(Math.log10(most));
    return [1, 2, 4, 6, 8, 10, 20].map(n => n * unit).find(end => end >= most);
}

function stateTable(text) {
    const token = () => Math.max(0, focus(text));
    return table('Lengths, cosines and places, as a table', ['depth', ...FOCUS],
        () => ['token', 'length', `cosine to ${text.said(token())}`, 'across', 'upwards'],
        () => text.all.map(other => {
            const {norms, projection} = text.depths[state.depth];
            return [text.tokens[other], fixed(norms[other], 3), fixed(text.cosine(state.depth, token(), other), text.decimals),
                fixed(projection[0][other], 3), fixed(projection[1][other], 3)];
        }));
}

function legend(name, ramp, ends) {
    const bar = element('i', {});
    watch(['theme'], () => {
        bar.style.background = `linear-gradient(90deg, ${colours.stops[ramp].join(', ')})`;
    });
    return element('p', {class: 'legend'}, element('span', {}, name), ends[0], bar, ends[1]);
}

function showHidden(section) {
    section.querySelector('.controls').append(depthSlider(texts[0]));
    section.querySelector('.panels').append(...texts.map(text => panel(text,
        element('h3', {}, 'On a plane'), new ProjectionView(text).node,
        element('h3', {}, 'How alike'), cosineMatrix(text).node, legend('cosine', 'signs', ['\u22121', '1']),
        element('h3', {}, 'How long'), normChart(text), stateTable(text))));
}
