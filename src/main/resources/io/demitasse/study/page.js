/* Reads the texts and opens the rooms. */

const THEMES = {light: 'Dark', dark: 'Light'};     // the one that is, and what the switch offers

function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    document.getElementById('theme').textContent = THEMES[theme];
    mixColours();
    choose({theme});
}

function readTexts() {
    const numbers = document.querySelectorAll('.numbers');
    return Promise.all([...document.querySelectorAll('.summary')].map((summary, i) =>
        Text.read(summary, numbers[i], i)));
}

const preferred = matchMedia('(prefers-color-scheme: dark)');
setTheme(preferred.matches ? 'dark' : 'light');
preferred.addEventListener('change', event => setTheme(event.matches ? 'dark' : 'light'));
document.getElementById('theme').addEventListener('click', () => setTheme(state.theme === 'dark' ? 'light' : 'dark'));

const texts = await readTexts();
state.depth = texts[0].layers;
document.body.classList.toggle('compare', texts.length > 1);
showSentences(document.getElementById('words'));
showTokens(document.getElementById('tokens'));
showAttention(document.getElementById('attention'));
showLens(document.getElementById('lens'));
showHidden(document.getElementById('states'));
document.body.classList.add('ready');
