/* The label as it forms: the classification head at every depth. */

const HUES = 4;     // for the most probable labels; the others have none

/** The colour that each label has all over the page, by its name in the style sheet. */
function labelHues() {
    const most = label => Math.max(...texts.map(text => text.probabilities[label]));
    const first = texts[0].labels.map((_, label) => label).sort((a, b) => most(b) - most(a)).slice(0, HUES)
        .sort((a, b) => a - b);
    return texts[0].labels.map((_, label) => first.includes(label) ? `label-${first.indexOf(label)}` : 'muted');
}

function showLens(section) {
    section.querySelector('.head-activation').textContent = texts[0].head_activation;
    section.querySelector('.function-to-apply').textContent = texts[0].function_to_apply;
    section.querySelector('.panels').append(...texts.map(text => {
        const lines = [...text.labels.keys()].filter(label => hues[label] !== 'muted').map((label, i) => ({
            name: text.labels[label], colour: hues[label], dashed: i % 2 === 0,
            values: text.depths.map(depth => depth.probabilities[label])}));
        const figure = element('div', {class: 'figure'});
        watch(['depth'], () => figure.replaceChildren(
            chart('Probability of each label after each block', lines, null, 1, 2)));
        return panel(text, figure, table('Probabilities and logits, as a table', [],
            () => ['after', ...text.labels, ...text.labels.map(label => `${label}, logit`)],
            () => text.depths.map((depth, d) => [d === 0 ? 'embeddings' : `block ${d - 1}`,
                ...depth.probabilities.map(probability), ...depth.logits.map(logit => fixed(logit, 4))])));
    }));
}
