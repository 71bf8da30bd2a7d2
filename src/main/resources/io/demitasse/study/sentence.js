/* The text, its words coloured by what they did for the label. */

function verdict(text) {
    const shares = text.labels.map((label, i) => [label, text.probabilities[i]]).sort((a, b) => b[1] - a[1]);
    return element('div', {class: 'verdict'},
        element('p', {class: 'label'}, text.label, ' ', element('span', {}, percent(text.score))),
        element('dl', {class: 'shares'}, ...shares.slice(0, 5).flatMap(([label, share]) => [
            element('dt', {}, label),
            element('dd', {}, element('i', {style: `width:${(100 * share).toFixed(2)}%`}),
                element('span', {}, share.toFixed(4)))])));
}

/** The text as it is, cut where words begin and end. */
function sentence(text) {
    const node = element('p', {class: 'sentence', dir: 'auto'});
    const words = [];
    let place = 0;
    text.words.forEach((word, w) => {
        const [first, end] = word.tokens;
        const from = text.offsets[first][0];
        const to = text.offsets[end - 1][1];
        const given = to > from ? text.text.slice(from, to) : word.text;
        words.push(element('span', {class: 'word', onpointerenter: () => hover(text, first),
            onpointerleave: () => hover(text, -1), onclick: () => pin(text, first)}, given));
        node.append(text.text.slice(place, from) || (to > from ? '' : ' '), words[w]);
        place = Math.max(place, to);
    });
    const rest = text.text.slice(place);
    node.append(text.truncated ? element('span', {class: 'cut'}, rest) : rest);
    if (text.attributions.length > 0) {
        watch(['method', 'theme'], () => colourWords(text, words));
    }
    watch(FOCUS, () => {
        const at = text.wordOf[focus(text)] ?? -1;
        words.forEach((word, w) => word.classList.toggle('lit', w === at));
    });
    return node;
}

function colourWords(text, words) {
    const attribution = text.attributions[state.method];
    const most = Math.max(...attribution.words.map(Math.abs), 1e-9);
    words.forEach((word, w) => {
        const share = attribution.words[w] / most;
        word.style.setProperty('--share', Math.abs(share).toFixed(3));
        word.classList.toggle('against', share < 0);
        word.title = `${signed(attribution.words[w], 3)} ${share < 0 ? 'against' : 'for'} ${text.label}`;
    });
}

/** Whether the words' shares add up: what tells integrated gradients from a guess. */
function completeness(text) {
    const node = element('p', {class: 'check'});
    watch(['method'], () => {
        const {method, sum, difference, steps, baseline} = text.attributions[state.method];
        node.hidden = difference === undefined;
        if (!node.hidden) {
            node.textContent = `Check: the shares add up to ${signed(sum, 4)}; from the baseline, where every word is `
                + `${baseline}, to the text the logit rises by ${signed(difference, 4)}. Off by `
                + `${percent(Math.abs((sum - difference) / difference))}, in ${steps} steps of ${method}.`;
        }
    });
    return node;
}

function attributionTable(text) {
    return table('What each word did, as a table', [],
        () => ['word', ...text.attributions.map(attribution => attribution.method)],
        () => text.words.map((word, w) =>
            [word.text, ...text.attributions.map(attribution => signed(attribution.words[w], 4))]));
}

function showSentences(section) {
    if (texts[0].attributions.length > 1) {
        section.querySelector('.controls').append(
            choices('Method', 'method', texts[0].attributions.map((attribution, i) => [i, attribution.method])));
    }
    section.querySelector('.panels').append(...texts.map(text => {
        const parts = text.attributions.length > 0 ? [completeness(text), attributionTable(text)] : [];
        if (parts.length === 0) {
            parts.push(element('p', {class: 'check'}, 'No gradients were taken for this text; '
                + 'demitasse explain tells what its words did.'));
        }
        const cut = text.truncated ? [element('p', {class: 'check'},
            `The end of the text is cut off: the model reads ${text.size} tokens.`)] : [];
        return element('div', {class: text.size > 100 ? 'panel long' : 'panel'}, sentence(text), verdict(text), ...cut, ...parts);
    }));
}
