/* The text, its words coloured by what they did for the label. */

function verdict(text) {
    const order = [...text.labels.keys()].sort((a, b) => text.probabilities[b] - text.probabilities[a]);
    return element('div', {class: 'verdict'},
        element('p', {class: 'label'}, element('b', {style: `color:var(--${hues[order[0]]})`}, text.label), ' ',
            element('span', {}, probability(text.score))),
        element('dl', {class: 'shares'}, ...order.slice(0, 5).flatMap(label => [
            element('dt', {}, text.labels[label]),
            element('dd', {}, element('i', {style: `width:${(100 * text.probabilities[label]).toFixed(2)}%;`
                + `background:var(--${hues[label]})`}), element('span', {}, probability(text.probabilities[label])))])));
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
    if (text.words.length === 0) {
        node.append(element('span', {class: 'cut'}, 'no word at all'));
    }
    const rest = text.text.slice(place);
    node.append(text.truncated ? element('span', {class: 'cut'}, rest) : rest);
    if (text.explained) {
        watch(['method', 'theme'], () => colourWords(text, words));
    }
    watch(FOCUS, () => {
        const at = text.wordOf[focus(text)] ?? -1;
        words.forEach((word, w) => word.classList.toggle('lit', w === at));
    });
    return node;
}

function attributionOf(text) {
    return text.attributions.find(attribution => attribution.method === state.method);
}

function colourWords(text, words) {
    const attribution = attributionOf(text) ?? {words: words.map(() => 0)};
    const most = Math.max(...attribution.words.map(Math.abs), 1e-9);
    words.forEach((word, w) => {
        const share = attribution.words[w] / most;
        word.style.setProperty('--share', Math.abs(share).toFixed(3));
        word.classList.toggle('against', share < 0);
        word.title = `${signed(attribution.words[w], 3)} ${share < 0 ? 'against' : 'for'} ${attribution.label}`;
    });
}

/** Where the words start from, and whether their shares add up: what tells integrated gradients from a guess. */
function completeness(text) {
    const node = element('p', {class: 'check'});
    watch(['method'], () => {
        const attribution = attributionOf(text);
        const {label, sum, difference, steps, baseline, baseline_score} = attribution ?? {};
        node.hidden = attribution && difference === undefined;
        if (!attribution) {
            node.textContent = `This text is too long for ${state.method} to be taken here; demitasse explain takes it.`;
        } else if (!node.hidden) {
            const off = sum === difference ? 0 : Math.abs((sum - difference) / difference);
            node.textContent = `With ${baseline} in place of every word ${label} has ${probability(baseline_score)}; `
                + `from there to the text, where it has ${probability(text.probabilities[text.labels.indexOf(label)])}, `
                + `its logit changes by ${signed(difference, 4)}. The shares add up to ${signed(sum, 4)}, `
                + `${percent(off, 2)} off, in ${steps} steps of ${state.method}.`;
        }
    });
    return node;
}

/** What the colours mean: one label for all texts, or their words could not be compared. */
function key(label) {
    return element('p', {class: 'key'}, 'What each word did: ', element('span', {class: 'sign', style: '--share:1'},
        `for ${label}`), ' ', element('span', {class: 'sign against', style: '--share:1'}, 'against it'));
}

function attributionTable(text) {
    return table('What each word did, as a table', [],
        () => ['word', ...text.attributions.map(attribution => attribution.method)],
        () => text.words.map((word, w) =>
            [word.text, ...text.attributions.map(attribution => signed(attribution.words[w], 4))]));
}

/** What there is to say below a sentence. */
function remarks(text) {
    const check = remark => element('p', {class: 'check'}, remark);
    const cut = text.truncated ? [check(`The end of the text is cut off: the model reads ${text.size} tokens.`)] : [];
    if (text.explained) {
        return [...cut, completeness(text), attributionTable(text)];
    }
    return [...cut, check(text.words.length === 0 ? 'There is no word to explain: this is what the model says of nothing.'
        : 'No gradients were taken for this text; demitasse explain tells what its words did.')];
}

function showSentences(section) {
    const attributions = texts.filter(text => text.explained).flatMap(text => text.attributions);
    const methods = [...new Set(attributions.map(attribution => attribution.method))];
    state.method = methods.find(method => texts.every(text => !text.explained
        || text.attributions.some(attribution => attribution.method === method)));
    if (methods.length > 1) {
        section.querySelector('.controls').append(choices('Method', 'method', methods.map(method => [method, method])));
    }
    if (methods.length > 0) {
        section.querySelector('.controls').append(key(attributions[0].label));
    }
    section.querySelector('.panels').append(...texts.map(text => element('div',
        {class: text.size > 100 ? 'panel long' : 'panel'}, sentence(text), verdict(text), ...remarks(text))));
}
