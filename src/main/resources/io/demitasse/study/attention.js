/* The room of attention: the grid of heads, and the one that was chosen. */

function attentionMatrix(text) {
    return new MatrixView(text, {
        name: 'Attention as a matrix: a row looks at its columns',
        hint: 'Point at a cell, or move with the arrow keys.',
        keys: ['layer', 'head'],
        ramp: () => colours.amounts,
        shade: tokens => {
            const values = text.attention(state.layer, state.head);
            const most = largest(text, values, tokens);
            return (query, key) => shadeOfProbability(values[query * text.size + key], most);
        },
        text: (query, key) => `${text.said(query)} looks at ${text.said(key)}: `
            + fixed(text.looks(state.layer, state.head, query, key), text.decimals)
    });
}

/** The strongest of what the focused token looks at, and of what looks at it. */
function attentionStatus(text) {
    const node = element('p', {class: 'readout', role: 'status'});
    watch(['layer', 'head', 'added', ...FOCUS], () => {
        const token = focus(text);
        if (token < 0) {
            node.textContent = 'Point at a token, or choose one with the arrow keys.';
            return;
        }
        const best = look => text.shown(state.added).map(other => [other, look(other)])
            .sort((a, b) => b[1] - a[1]).slice(0, 4).map(([other, p]) => `${text.said(other)} ${fixed(p, 3)}`).join(', ');
        const {layer, head} = state;
        node.textContent = `${text.said(token)} looks at ${best(key => text.looks(layer, head, token, key))}; `
            + `it is seen from ${best(query => text.looks(layer, head, query, token))}.`;
    });
    return node;
}

/** How much of a head's attention goes to [CLS] and [SEP]. */
function swallowed(text) {
    const node = element('p', {class: 'count'});
    watch(['layer', 'head'], () => {
        const values = text.attention(state.layer, state.head);
        let sum = 0;
        for (const query of text.all) {
            for (const key of text.all) {
                sum += text.wordOf[key] < 0 ? values[query * text.size + key] : 0;
            }
        }
        const share = sum / text.one / text.size;
        node.textContent = text.spelled.length === text.size ? ''
            : `On average a token gives ${percent(share)} of its attention here to [CLS] and [SEP].`;
    });
    return node;
}

function attentionTable(text) {
    const token = () => Math.max(0, focus(text));
    return table('Attention of one token, as a table', ['layer', 'head', ...FOCUS],
        () => ['token', `${text.said(token())} looks at it`, `it looks at ${text.said(token())}`],
        () => text.all.map(other => [text.tokens[other],
            fixed(text.looks(state.layer, state.head, token(), other), text.decimals),
            fixed(text.looks(state.layer, state.head, other, token()), text.decimals)]));
}

function showAttention(section) {
    const title = element('h3', {id: 'head'});
    const code = element('code', {});
    watch(['layer', 'head'], () => {
        const name = headName(state.layer, state.head);
        title.textContent = name[0].toUpperCase() + name.slice(1);
        code.textContent = `inspection.block(${state.layer}).attention(${state.head === MEAN ? '' : state.head})`;
    });
    const added = element('input', {type: 'checkbox', checked: true,
        onchange: event => choose({added: event.target.checked})});
    section.querySelector('.controls').append(
        element('p', {class: 'hint choose'}, 'Rows are blocks, columns heads. Choose one:'), attentionGrid(), title,
        choices('View', 'view', [['lines', 'Lines'], ['matrix', 'Matrix']]),
        element('label', {class: 'tick'}, added, ' with [CLS] and [SEP]'), code);
    section.querySelector('.panels').append(...texts.map(text => {
        const lines = new LinesView(text);
        const matrix = attentionMatrix(text);
        const status = attentionStatus(text);
        watch(['view'], () => {
            lines.node.hidden = status.hidden = state.view !== 'lines';
            matrix.node.hidden = state.view !== 'matrix';
        });
        return panel(text, lines.node, status, matrix.node, swallowed(text), attentionTable(text));
    }));
}
