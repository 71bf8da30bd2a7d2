/* A square of numbers, one for each pair of tokens: attention and cosines. */

const LARGEST_CELL = 24;    // CSS pixels
const SMALLEST_LABEL = 9;   // a cell must be so large for the tokens to be written beside it

/**
 * options: name of the picture; ramp(), shade(values) of a pair, text(row, column) that says it; keys that change it.
 */
class MatrixView {

    constructor(text, options) {
        this.text = text;
        this.options = options;
        this.cell = null;       // [row, column] in this.tokens
        this.canvas = element('canvas', {tabindex: 0, role: 'img', 'aria-label': options.name,
            onpointermove: event => this.point(event), onpointerleave: () => this.leave(),
            onclick: () => this.cell && pin(text, this.tokens[this.cell[0]]),
            onkeydown: event => arrows(event, (right, down) => this.step(right, down))});
        this.readout = element('p', {class: 'readout', role: 'status'});
        this.node = element('div', {class: 'matrix'}, this.canvas, this.readout);
        watch(options.keys.concat('added', 'theme'), () => this.paint());
        watch(FOCUS, () => this.draw());
        onResize(this.node, () => this.draw());
    }

    /** The picture itself, which only changes with the numbers. */
    paint() {
        this.tokens = this.text.shown(state.added);
        this.picture = pixels(this.tokens, this.options.ramp(), this.options.shade(this.tokens));
        if (this.cell && Math.max(...this.cell) >= this.tokens.length) {
            this.cell = null;
        }
        this.draw();
        this.say();
    }

    draw() {
        const width = this.node.clientWidth;
        if (width === 0) {
            return;
        }
        const n = this.tokens.length;
        this.margin = clamp(0.17 * width, 52, 96);
        this.size = Math.min(LARGEST_CELL, (width - this.margin) / n);
        if (this.size < SMALLEST_LABEL) {
            this.margin = 0;
            this.size = width / n;
        }
        const side = this.size * n;
        const context = prepared(this.canvas, this.margin + side, this.margin + side);
        context.imageSmoothingEnabled = this.size < 1;
        context.drawImage(this.picture, this.margin, this.margin, side, side);
        if (this.margin > 0) {
            this.drawLabels(context);
        }
        this.drawCross(context, side);
    }

    drawLabels(context) {
        const size = clamp(this.size * 0.72, 9, 13);
        context.font = `${size}px ${colours.font}`;
        const lit = focus(this.text);
        this.tokens.forEach((token, i) => {
            const middle = this.margin + (i + 0.5) * this.size;
            const name = fitted(context, this.text.tokens[token], this.margin - 8);
            context.fillStyle = token === lit || this.cell?.includes(i) ? colours.ink : colours.muted;
            context.textAlign = 'right';
            write(context, name, this.margin - 6, middle);
            context.save();
            context.translate(middle, this.margin - 6);
            context.rotate(-Math.PI / 2);
            context.textAlign = 'left';
            write(context, name, 0, 0);
            context.restore();
        });
    }

    drawCross(context, side) {
        const row = this.cell ? this.cell[0] : this.tokens.indexOf(focus(this.text));
        // Ink on paper is seen on every shade.
        for (const [colour, width] of [[colours.paper, 4], [colours.ink, 1.5]]) {
            context.strokeStyle = colour;
            context.lineWidth = width;
            if (row >= 0) {
                context.strokeRect(this.margin, this.margin + row * this.size, side, this.size);
            }
            if (this.cell) {
                context.strokeRect(this.margin + this.cell[1] * this.size, this.margin, this.size, side);
            }
        }
    }

    point(event) {
        const place = at => Math.floor((at - this.margin) / this.size);
        const cell = [place(event.offsetY), place(event.offsetX)];
        this.moveTo(cell.every(i => i >= 0 && i < this.tokens.length) ? cell : null);
    }

    step(right, down) {
        const [row, column] = this.cell ?? [Math.max(0, this.tokens.indexOf(focus(this.text))), 0];
        const last = this.tokens.length - 1;
        this.moveTo(this.cell ? [clamp(row + down, 0, last), clamp(column + right, 0, last)] : [row, column]);
    }

    leave() {
        this.moveTo(null);
    }

    moveTo(cell) {
        if (!same(cell, this.cell)) {
            this.cell = cell;
            hover(this.text, cell ? this.tokens[cell[0]] : -1);
            this.draw();
            this.say();
        }
    }

    say() {
        this.readout.textContent = this.cell ? this.options.text(...this.cell.map(i => this.tokens[i]))
            : this.options.hint;
    }
}
