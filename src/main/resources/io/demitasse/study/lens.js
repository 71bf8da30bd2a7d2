/* The label as it forms: the classification head at every depth. */

const LABEL_COLOURS = ['orange', 'blue', 'ink', 'muted'];

function showLens(section) {
    section.querySelector('.panels').append(...texts.map(text => {
        const order = text.labels.map((_, i) => i).sort((a, b) => text.probabilities[b] - text.probabilities[a]);
        const lines = order.slice(0, LABEL_COLOURS.length).sort((a, b) => a - b).map((label, i) => ({
            name: text.labels[label], colour: LABEL_COLOURS[i], dashed: i % 2 === 0,
            values: text.depths.map(depth => depth.probabilities[label])}));
        const figure = element('div', {class: 'figure'});
        watch(['depth'], () => figure.replaceChildren(
            chart('Probability of each label after each block', lines, null, 1, 2)));
        return panel(text, figure, table('Probabilities and logits, as a table', [],
            () => ['after', ...text.labels, ...text.labels.map(label => `${label}, logit`)],
            () => text.depths.map((depth, d) => [d === 0 ? 'embeddings' : `block ${d - 1}`,
                ...depth.probabilities.map(p => fixed(p, 4)), ...depth.logits.map(logit => fixed(logit, 4))])));
    }));
}
