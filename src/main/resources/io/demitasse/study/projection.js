/* The tokens' hidden states on a plane: their first two principal components. */

const GLIDE = 350;          // milliseconds from one depth to the next

class ProjectionView {

    constructor(text) {
        this.text = text;
        this.canvas = element('canvas', {role: 'img', 'aria-label': 'Tokens on a plane',
            onpointermove: event => hover(text, this.nearest(event.offsetX, event.offsetY)),
            onpointerleave: () => hover(text, -1),
            onclick: () => state.hovered && pin(text, state.hovered.token)});
        this.readout = element('p', {class: 'count'});
        this.node = element('div', {class: 'projection'}, this.canvas, this.readout);
        this.places = text.depths.map(depth => this.scaled(depth));
        this.now = this.places[state.depth];
        watch(['depth'], () => this.glide());
        watch(['theme', 'added', ...FOCUS], () => this.draw());
        onResize(this.node, () => this.draw());
    }

    /** Each depth has its own scale: hidden states grow, and what is asked here is who is near whom. */
    scaled(depth) {
        const most = Math.max(...depth.projection.flat().map(Math.abs), 1e-9);
        return this.text.all.map(token => depth.projection.map(coordinates => coordinates[token] / most));
    }

    glide() {
        const from = this.now;
        const to = this.places[state.depth];
        const explained = this.text.depths[state.depth].explained;
        this.explained = `Across: ${percent(explained[0])} of the differences, upwards: ${percent(explained[1])}.`;
        const still = from === to || matchMedia('(prefers-reduced-motion: reduce)').matches;
        const start = performance.now();
        const run = ++this.run || (this.run = 1);
        const step = time => {
            const part = still ? 1 : clamp((time - start) / GLIDE, 0, 1);
            const eased = part * part * (3 - 2 * part);
            this.now = to.map((place, token) => place.map((value, c) => from[token][c] + (value - from[token][c]) * eased));
            this.gliding = part < 1 && run === this.run;
            this.draw();
            if (this.gliding) {
                requestAnimationFrame(step);
            }
        };
        requestAnimationFrame(step);
    }

    place(token) {
        const [x, y] = this.now[token];
        return [this.width / 2 + x * (this.width / 2 - 48), this.height / 2 - y * (this.height / 2 - 18)];
    }

    draw() {
        this.width = this.node.clientWidth;
        this.height = Math.round(clamp(this.width * 0.62, 220, 460));
        if (this.width === 0) {
            return;
        }
        const context = prepared(this.canvas, this.width, this.height);
        context.strokeStyle = colours.line;
        context.beginPath();
        context.moveTo(0, this.height / 2);
        context.lineTo(this.width, this.height / 2);
        context.moveTo(this.width / 2, 0);
        context.lineTo(this.width / 2, this.height);
        context.stroke();
        const lit = focus(this.text);
        const tokens = this.text.shown(state.added);
        tokens.forEach(token => this.drawDot(context, token, false));
        // Names would jump about on the way from one depth to the next.
        this.names = this.gliding ? [] : this.drawNames(context, tokens, lit);
        if (tokens.includes(lit)) {
            this.drawDot(context, lit, true);
            this.drawLit(context, lit);
        }
        this.readout.textContent = this.explained + (this.gliding || this.names.every(place => place !== null) ? ''
            : ' Names that find no room are shown when their dots are pointed at.');
    }

    drawDot(context, token, lit) {
        const [x, y] = this.place(token);
        context.fillStyle = this.text.wordOf[token] < 0 ? colours.muted : colours.ink;
        context.beginPath();
        context.arc(x, y, lit ? 5 : DOT, 0, 2 * Math.PI);
        context.fill();
    }

    drawNames(context, tokens, lit) {
        context.font = `${NAME_SIZE}px ${colours.font}`;
        const names = tokens.map(token => this.text.tokens[token]);
        const places = placeNames(tokens.map(token => this.place(token)),
            names.map(name => context.measureText(name).width), this.width, this.height);
        context.fillStyle = colours.muted;
        places.forEach((place, i) => {
            if (place && tokens[i] !== lit) {
                context.textAlign = place[2];
                write(context, names[i], place[0], place[1]);
            }
        });
        return places;
    }

    /** The name that is asked for, on top of whatever is there. */
    drawLit(context, token) {
        const [x, y] = this.place(token);
        const name = this.text.tokens[token];
        context.font = `600 ${NAME_SIZE}px ${colours.font}`;
        context.textAlign = x + BESIDE + context.measureText(name).width > this.width ? 'right' : 'left';
        context.lineWidth = 5;
        context.lineJoin = 'round';
        context.strokeStyle = colours.paper;
        context.fillStyle = colours.ink;
        const beside = x + (context.textAlign === 'left' ? BESIDE : -BESIDE);
        context.direction = runsLeft(name) ? 'rtl' : 'ltr';
        context.strokeText(name, beside, y);
        context.fillText(name, beside, y);
    }

    nearest(x, y) {
        let best = -1;
        let least = 24 * 24;
        for (const token of this.text.shown(state.added)) {
            const [tokenX, tokenY] = this.place(token);
            const distance = (tokenX - x) ** 2 + (tokenY - y) ** 2;
            if (distance < least) {
                least = distance;
                best = token;
            }
        }
        return best;
    }
}
