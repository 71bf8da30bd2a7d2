/* Attention as lines: from the tokens on the left, which look, to those on the right, which are looked at. */

const ROW = 24;                 // CSS pixels
const MOST_LINES = 25;           // so many tokens at most are shown as lines at first: more are a hairball
const FAINTEST = 0.02;          // of the strongest line; fainter ones are not drawn

class LinesView {

    constructor(text) {
        this.text = text;
        this.canvas = element('canvas', {});
        this.spacer = element('div', {class: 'spacer'}, this.canvas);
        this.node = element('div', {class: 'lines', tabindex: 0, role: 'img',
            onscroll: () => this.draw(), onpointerleave: () => hover(text, -1),
            onpointermove: event => this.point(event), onclick: () => this.click(),
            onkeydown: event => arrows(event, (right, down) => this.step(right, down))}, this.spacer);
        watch(['layer', 'head', 'added', 'theme', 'printing', ...FOCUS], () => this.draw());
        onResize(this.node, () => this.draw());
    }

    get seen() {
        return state.hovered?.seen ?? false;
    }

    draw() {
        const text = this.text;
        this.tokens = text.shown(state.added);
        this.node.setAttribute('aria-label', `Lines between tokens, ${headName(state.layer, state.head)}`);
        this.spacer.style.height = `${this.tokens.length * ROW}px`;
        this.width = this.node.clientWidth;
        this.height = this.node.clientHeight;
        if (this.width === 0 || this.height === 0) {
            return;
        }
        const context = prepared(this.canvas, this.width, this.height);
        context.translate(0, -this.node.scrollTop);
        const first = Math.max(0, Math.floor(this.node.scrollTop / ROW));
        const end = Math.min(this.tokens.length, Math.ceil((this.node.scrollTop + this.height) / ROW));
        this.drawLines(context, first, end);
        for (let i = first; i < end; i++) {
            this.drawLabels(context, i);
        }
    }

    /** The room a token's name has, and its probability beside it. */
    get column() {
        return clamp(0.36 * this.width, 90, 210);
    }

    drawLines(context, first, end) {
        const values = this.text.attention(state.layer, state.head);
        const lit = focus(this.text);
        const most = largest(this.text, values, sampled(this.tokens, 200));
        const left = this.column;
        const right = this.width - this.column;
        const middle = this.width / 2;
        context.lineCap = 'round';
        context.strokeStyle = colours.ink;
        const line = (from, to) => {
            const share = values[this.tokens[from] * this.text.size + this.tokens[to]] / most;
            if (share < FAINTEST) {
                return;
            }
            context.globalAlpha = (lit >= 0 ? 0.9 : 0.45) * share;
            context.lineWidth = 0.5 + 3.5 * share;
            context.beginPath();
            context.moveTo(left, (from + 0.5) * ROW);
            context.bezierCurveTo(middle, (from + 0.5) * ROW, middle, (to + 0.5) * ROW, right, (to + 0.5) * ROW);
            context.stroke();
        };
        const at = this.tokens.indexOf(lit);
        for (let i = lit >= 0 ? 0 : first; i < (lit >= 0 ? this.tokens.length : end); i++) {
            if (at >= 0) {
                line(this.seen ? i : at, this.seen ? at : i);
            } else if (lit < 0) {
                for (let j = 0; j < this.tokens.length; j++) {
                    line(i, j);
                }
            }
        }
        context.globalAlpha = 1;
    }

    drawLabels(context, i) {
        const text = this.text;
        const token = this.tokens[i];
        const lit = focus(text);
        const y = (i + 0.5) * ROW;
        const number = lit < 0 ? null : this.seen ? text.looks(state.layer, state.head, token, lit)
            : text.looks(state.layer, state.head, lit, token);
        this.drawLabel(context, 'right', this.column - 10, y, token, token === lit && !this.seen,
            this.seen ? number : null);
        this.drawLabel(context, 'left', this.width - this.column + 10, y, token, token === lit && this.seen,
            this.seen ? null : number);
    }

    drawLabel(context, align, x, y, token, lit, number) {
        const outwards = align === 'left' ? 1 : -1;
        const room = this.column - 14 - (number === null ? 0 : 46);
        context.textAlign = align;
        context.font = `${lit ? 600 : 400} 14px ${colours.font}`;
        context.fillStyle = lit || (number ?? 0) >= 0.05 ? colours.ink : this.text.wordOf[token] < 0 || number !== null
            ? colours.muted : colours.ink;
        write(context, fitted(context, this.text.tokens[token], room), x, y);
        if (number !== null) {
            context.textAlign = align === 'left' ? 'right' : 'left';
            context.font = `12px ${colours.font}`;
            write(context, fixed(number, 3), x + outwards * (this.column - 14), y);
        }
    }

    point(event) {
        const box = this.node.getBoundingClientRect();
        const i = Math.floor((event.clientY - box.top + this.node.scrollTop) / ROW);
        const x = event.clientX - box.left;
        const inside = i >= 0 && i < this.tokens.length && (x < this.column || x > this.width - this.column);
        hover(this.text, inside ? this.tokens[i] : -1, x > this.width / 2);
    }

    click() {
        if (state.hovered) {
            pin(this.text, state.hovered.token);
        }
    }

    step(right, down) {
        const at = this.tokens.indexOf(focus(this.text));
        const next = clamp(at + (right || down), 0, this.tokens.length - 1);
        choose({hovered: null, pinned: {text: this.text.index, token: this.tokens[next]}});
        this.node.scrollTop = clamp(this.node.scrollTop, (next + 1) * ROW - this.height, next * ROW);
    }
}
