/* Colours and canvases. Blue and orange are told apart whatever colours an eye lacks. */

const RAMPS = {
    light: {
        amounts: ['#f6f6f2', '#dcdbd6', '#b0aea9', '#7c7b78', '#47474a', '#17181b'],
        signs: ['#a84300', '#e08a3c', '#f3cfa6', '#f6f6f2', '#b9d0e8', '#5b93c9', '#0f4d92']
    },
    dark: {
        amounts: ['#1a1d22', '#33373d', '#585d65', '#888d95', '#bcc0c6', '#f4f3ee'],
        signs: ['#ffb169', '#c97524', '#6b421b', '#1d2025', '#1f4264', '#3c7dbd', '#9ccbff']
    }
};
const SHADES = 256;

let colours = {};

/** Reads the theme's colours; a canvas cannot use the style sheet's own. */
function mixColours() {
    const style = getComputedStyle(document.documentElement);
    const dark = style.colorScheme === 'dark';
    const of = name => style.getPropertyValue(`--${name}`).trim();
    const ramps = RAMPS[dark ? 'dark' : 'light'];
    colours = {
        ink: of('ink'), muted: of('muted'), line: of('line'), paper: of('paper'), font: of('sans'),
        amounts: shades(ramps.amounts), signs: shades(ramps.signs), stops: ramps
    };
}

/** SHADES colours between the stops, as little-endian RGBA. */
function shades(stops) {
    const channels = stops.map(stop => [1, 3, 5].map(at => parseInt(stop.slice(at, at + 2), 16)));
    return Uint32Array.from({length: SHADES}, (_, shade) => {
        const place = shade / (SHADES - 1) * (stops.length - 1);
        const low = Math.min(Math.floor(place), stops.length - 2);
        const [red, green, blue] = channels[low].map((channel, c) =>
            Math.round(channel + (channels[low + 1][c] - channel) * (place - low)));
        return (0xFF << 24 | blue << 16 | green << 8 | red) >>> 0;
    });
}

/** Small probabilities are most of them: a square root tells them apart. */
function shadeOfProbability(probability, most) {
    return Math.min(SHADES - 1, Math.round(Math.sqrt(probability / most) * (SHADES - 1)));
}

function shadeOfCosine(cosine) {
    return Math.round((clamp(cosine, -1, 1) + 1) / 2 * (SHADES - 1));
}

/** A picture with one pixel for each pair of tokens. */
function pixels(tokens, ramp, shade) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = tokens.length;
    const context = canvas.getContext('2d');
    const image = context.createImageData(tokens.length, tokens.length);
    const target = new Uint32Array(image.data.buffer);
    let pixel = 0;
    for (const row of tokens) {
        for (const column of tokens) {
            target[pixel++] = ramp[shade(row, column)];
        }
    }
    context.putImageData(image, 0, 0);
    return canvas;
}

/** Sizes a canvas to what it takes on the screen, sharp on any; gives a context in CSS pixels. */
function prepared(canvas, width, height) {
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.textBaseline = 'middle';
    return context;
}

/** Writes a token the way its script runs. */
function write(context, text, x, y) {
    context.direction = runsLeft(text) ? 'rtl' : 'ltr';
    context.fillText(text, x, y);
}

/** Text no wider than this. */
function fitted(context, text, width) {
    if (context.measureText(text).width <= width) {
        return text;
    }
    const characters = [...text];
    while (characters.length > 1 && context.measureText(`${characters.join('')}\u2026`).width > width) {
        characters.pop();
    }
    return `${characters.join('')}\u2026`;
}

/** Draws again whenever the element has another width. */
function onResize(node, draw) {
    let width = 0;
    new ResizeObserver(entries => {
        const now = Math.round(entries[0].contentRect.width);
        if (now !== width && now > 0) {
            width = now;
            requestAnimationFrame(draw);
        }
    }).observe(node);
}
