/* Curves over the depths, as SVG. */

const CHART = {width: 640, height: 260, left: 46, right: 96, top: 14, bottom: 40};

/**
 * lines: [{name, colour, values, dashed}], a value for each depth; band: {low, high} or null; most: the axis's end.
 */
function chart(name, lines, band, most, decimals) {
    const {width, height, left, right, top, bottom} = CHART;
    const last = lines[0].values.length - 1;
    const x = depth => left + depth / last * (width - left - right);
    const y = value => height - bottom - value / most * (height - top - bottom);
    const path = values => values.map((value, depth) =>
        `${depth === 0 ? 'M' : 'L'}${x(depth).toFixed(1)} ${y(value).toFixed(1)}`).join('');
    const svg = vector('svg', {viewBox: `0 0 ${width} ${height}`, class: 'chart', role: 'img', 'aria-label': name});
    for (let tick = 0; tick <= 4; tick++) {
        const value = most * tick / 4;
        svg.append(vector('line', {class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value)}),
            vector('text', {x: left - 8, y: y(value) + 4, 'text-anchor': 'end'}, fixed(value, decimals)));
    }
    for (let depth = 0; depth <= last; depth++) {
        svg.append(vector('text', {x: x(depth), y: height - bottom + 20, 'text-anchor': 'middle'},
            depth === 0 ? 'emb.' : `${depth - 1}`));
    }
    svg.append(vector('text', {x: (left + width - right) / 2, y: height - 3, 'text-anchor': 'middle'}, 'after block'));
    if (band) {
        const back = band.low.map((value, depth) => `L${x(depth).toFixed(1)} ${y(value).toFixed(1)}`).reverse().join('');
        svg.append(vector('path', {class: 'band', d: `${path(band.high)}${back}Z`}));
    }
    svg.append(vector('line', {class: 'now', x1: x(state.depth), x2: x(state.depth), y1: top, y2: height - bottom}));
    const ends = spread(lines.map(line => y(line.values[last])), 16);
    lines.forEach((line, i) => {
        svg.append(vector('path', {class: 'curve', d: path(line.values), stroke: `var(--${line.colour})`,
            'stroke-dasharray': line.dashed ? '5 4' : null}));
        line.values.forEach((value, depth) => svg.append(
            vector('circle', {cx: x(depth), cy: y(value), r: 3.5, fill: `var(--${line.colour})`},
                vector('title', {}, `${line.name}: ${fixed(value, 4)}`))));
        svg.append(vector('text', {class: 'name', x: x(last) + 10, y: ends[i] + 4, style: `fill:var(--${line.colour})`},
            line.name));
    });
    return svg;
}

/** Moves heights apart, so that names at curves' ends can be read. */
function spread(heights, least) {
    const order = heights.map((height, i) => [height, i]).sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < order.length; i++) {
        order[i][0] = Math.max(order[i][0], order[i - 1][0] + least);
    }
    const result = [];
    order.forEach(([height, i]) => {
        result[i] = height;
    });
    return result;
}
