/* Names beside dots, where there is room for them. */

const NAME_SIZE = 13;       // CSS pixels
const DOT = 3.5;
const BESIDE = 7;           // from a dot's middle to its name

/**
 * Finds a place for each name in turn: to the right, to the left, above or below its dot, where it covers neither
 * another dot nor a name already placed nor the picture's edge.
 *
 * dots: [[x, y]]; widths: of the names. Gives [x, y, align] or null for each.
 */
function placeNames(dots, widths, width, height) {
    const taken = dots.map(([x, y]) => [x - DOT, y - DOT, x + DOT, y + DOT]);
    const half = NAME_SIZE / 2 + 1;
    return dots.map(([x, y], i) => {
        const w = widths[i];
        const places = [[x + BESIDE, y, 'left', x + BESIDE], [x - BESIDE, y, 'right', x - BESIDE - w],
            [x, y - DOT - half, 'center', x - w / 2], [x, y + DOT + half, 'center', x - w / 2]];
        for (const [atX, atY, align, left] of places) {
            const box = [left - 2, atY - half, left + w + 2, atY + half];
            if (box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height
                    && taken.every((other, j) => j === i || apart(box, other))) {
                taken.push(box);
                return [atX, atY, align];
            }
        }
        return null;
    });
}

function apart(a, b) {
    return a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
}
