/* What the reader has chosen, and who wants to know. */

const state = {
    layer: 0,
    head: MEAN,
    depth: 0,
    view: 'matrix',     // of attention: lines or matrix
    added: true,        // whether [CLS] and [SEP] are shown
    method: null,       // of attribution, by its name
    pinned: null,       // {text, token}: chosen by click or key
    hovered: null,      // {text, token, seen}: under the pointer
    theme: null,
    printing: false
};

const watchers = [];
let changed = new Set();

/** Has a view drawn now, and again in the next frame after one of these choices has changed. */
function watch(keys, draw) {
    watchers.push({keys: new Set(keys), draw});
    draw();
}

function choose(choices) {
    const fresh = Object.keys(choices).filter(key => !same(state[key], choices[key]));
    if (fresh.length > 0 && changed.size === 0) {
        requestAnimationFrame(redraw);
    }
    Object.assign(state, choices);
    fresh.forEach(key => changed.add(key));
}

function redraw() {
    const keys = changed;
    changed = new Set();
    watchers.filter(watcher => [...keys].some(key => watcher.keys.has(key))).forEach(watcher => watcher.draw());
}

function same(a, b) {
    return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Choices that change which token is in the light. */
const FOCUS = ['pinned', 'hovered'];

/** The token of this text to talk about: the one pointed at or chosen, or its like in the other text; or -1. */
function focus(text) {
    const choice = state.hovered ?? state.pinned;
    if (choice === null) {
        return -1;
    }
    return choice.text === text.index ? choice.token : text.tokens.indexOf(texts[choice.text].tokens[choice.token]);
}

/** Clicking on what is chosen lets it go. */
function pin(text, token) {
    const choice = {text: text.index, token};
    choose({pinned: same(state.pinned, choice) ? null : choice});
}

function hover(text, token, seen = false) {
    choose({hovered: token < 0 ? null : {text: text.index, token, seen}});
}
