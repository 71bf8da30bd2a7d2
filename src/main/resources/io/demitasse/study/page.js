/* Reads the texts and opens the rooms: each when it is seen, and the others when the browser has time. */

const THEMES = {light: 'Dark', dark: 'Light'};     // the one that is, and what the switch offers

function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    document.getElementById('theme').textContent = THEMES[theme];
    mixColours();
    choose({theme});
}

const preferred = matchMedia('(prefers-color-scheme: dark)');
setTheme(preferred.matches ? 'dark' : 'light');
preferred.addEventListener('change', event => setTheme(event.matches ? 'dark' : 'light'));
document.getElementById('theme').addEventListener('click', () => setTheme(state.theme === 'dark' ? 'light' : 'dark'));

const texts = [...document.querySelectorAll('.summary')].map((summary, i) => new Text(summary, i));
const hues = labelHues();
state.depth = texts[0].layers;
state.view = texts.some(text => text.size > MOST_LINES) ? 'matrix' : 'lines';
document.body.classList.toggle('compare', texts.length > 1);

/** What each room shows, and what must have been read before. */
const rooms = {
    words: {show: showSentences},
    tokens: {show: showTokens},
    attention: {show: showAttention, read: text => text.readAttentions()},
    lens: {show: showLens},
    states: {show: showHidden, read: text => text.readCosines()}
};

/** Opens a room, once. */
function open(id) {
    return rooms[id].opened ??= (async () => {
        const section = document.getElementById(id);
        const loading = section.querySelector('.loading');
        try {
            if (rooms[id].read) {
                await Promise.all(texts.map(rooms[id].read));
            }
        } catch (e) {
            loading.textContent = `This browser could not unpack the numbers: ${e.message}`;
            throw e;
        }
        loading.remove();
        rooms[id].show(section);
        section.classList.add('drawn');
    })();
}

/** When nothing else is to be done; soon in any case, for a tab in the background is never idle. */
const idle = () => new Promise(resolve =>
    window.requestIdleCallback ? requestIdleCallback(resolve, {timeout: 200}) : setTimeout(resolve));

async function openAll() {
    for (const id in rooms) {
        await idle();
        await open(id);
    }
    document.body.classList.add('ready');
}

const eyes = new IntersectionObserver(entries =>
    entries.filter(entry => entry.isIntersecting).forEach(entry => open(entry.target.id)));
open('words');
Object.keys(rooms).forEach(id => eyes.observe(document.getElementById(id)));
openAll();

/** Paper is light, and has room for all of a list. */
let themeOnScreen;
addEventListener('beforeprint', () => {
    themeOnScreen = state.theme;
    document.body.classList.add('printing');
    setTheme('light');
    choose({printing: true});
    redraw();
});
addEventListener('afterprint', () => {
    document.body.classList.remove('printing');
    setTheme(themeOnScreen);
    choose({printing: false});
});
