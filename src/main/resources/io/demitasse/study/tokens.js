/* How the text was cut into pieces. */

function wordCard(text, word) {
    const [first, end] = word.tokens;
    const pieces = text.all.slice(first, end).map(token => piece(text, token));
    const normalized = word.normalized === word.text ? []
        : [element('bdi', {class: 'normalized'}, element('span', {class: 'hidden'}, 'normalised '), word.normalized)];
    return element('li', {class: word.unknown ? 'unknown' : ''},
        element('bdi', {class: 'given'}, word.text), ...normalized,
        element('span', {class: 'pieces', dir: runsLeft(word.normalized) ? 'rtl' : 'ltr'}, ...pieces),
        ...(word.unknown ? [element('span', {class: 'note'}, 'unknown')] : []));
}

function piece(text, token) {
    return element('span', {class: 'piece', 'data-token': token}, element('b', {dir: 'auto'}, text.tokens[token]), ' ',
        element('small', {}, text.ids[token]));
}

function addedCard(text, token) {
    return element('li', {class: 'added'}, element('span', {class: 'given'}, 'added'),
        element('span', {class: 'pieces'}, piece(text, token)));
}

function showTokens(section) {
    section.querySelector('.panels').append(...texts.map(text => {
        const cards = [];
        for (let token = 0; token < text.size;) {
            const word = text.words[text.wordOf[token]];
            cards.push(word ? wordCard(text, word) : addedCard(text, token));
            token = word ? word.tokens[1] : token + 1;
        }
        const list = element('ol', {class: 'cards', dir: runsLeft(text.text) ? 'rtl' : 'ltr', tabindex: text.size > 100 ? 0 : null}, ...cards);
        const pieces = [...list.querySelectorAll('.piece')];
        const tokenAt = event => Number(event.target.closest?.('.piece')?.dataset.token ?? -1);
        list.addEventListener('pointerover', event => hover(text, tokenAt(event)));
        list.addEventListener('pointerleave', () => hover(text, -1));
        list.addEventListener('click', event => tokenAt(event) >= 0 && pin(text, tokenAt(event)));
        let lit = -1;
        watch(FOCUS, () => {
            pieces[lit]?.classList.remove('lit');
            lit = focus(text);
            pieces[lit]?.classList.add('lit');
        });
        const unknown = text.words.filter(word => word.unknown).length;
        const count = `${text.words.length} words and marks, ${text.size} tokens`
            + (unknown > 0 ? `, ${unknown} unknown` : '');
        return panel(text, list, element('p', {class: 'count'}, count),
            table('All tokens, as a table', [], () => ['token', 'id', 'from', 'to'], () => text.all.map(token =>
                [text.tokens[token], String(text.ids[token]), ...text.offsets[token].map(String)])));
    }));
}
