/* What stands in the page, as numbers. */

const MEAN = -1;                    // in place of a head's number

/** One text with all that was computed for it. */
class Text {

    constructor(summary, index) {
        Object.assign(this, JSON.parse(summary.textContent));
        this.one = Number(summary.dataset.one);             // what 1 is stored as, and so
        this.decimals = Math.round(Math.log10(this.one));   // how many decimals there are to show
        this.index = index;
        this.size = this.tokens.length;
        this.layers = this.depths.length - 1;
        this.wordOf = new Int32Array(this.size).fill(-1);
        this.words.forEach((word, w) => this.wordOf.fill(w, ...word.tokens));
        this.blocks = [];           // what each head of a block attends to: [heads * queries * keys]
        this.triangles = [];        // the cosines of a depth: [token][earlier token]
        this.means = [];
        this.all = Array.from(this.tokens.keys());
        this.spelled = this.all.filter(token => this.wordOf[token] >= 0);
        this.explained = this.attributions.length > 0 && this.words.length > 0;
    }

    async readAttentions() {
        for (let layer = 0; layer < this.layers; layer++) {
            this.blocks.push(await numbers('attention', this.index, layer));
        }
        this.heads = this.blocks[0].length / (this.size * this.size);
    }

    async readCosines() {
        for (let depth = 0; depth <= this.layers; depth++) {
            this.triangles.push(await numbers('cosines', this.index, depth));
        }
    }

    /** A head's probabilities, or those of all heads' mean: [queries * keys], of which this.one makes 1. */
    attention(layer, head) {
        if (head === MEAN) {
            return this.means[layer] ??= this.mean(layer);
        }
        const square = this.size * this.size;
        return this.blocks[layer].subarray(head * square, (head + 1) * square);
    }

    mean(layer) {
        const sums = new Float32Array(this.size * this.size);
        for (let head = 0; head < this.heads; head++) {
            const values = this.attention(layer, head);
            for (let i = 0; i < sums.length; i++) {
                sums[i] += values[i];
            }
        }
        return sums.map(sum => sum / this.heads);
    }

    /** How much the query looks at the key, 0 to 1. */
    looks(layer, head, query, key) {
        return this.attention(layer, head)[query * this.size + key] / this.one;
    }

    /** The cosine of the angle between two hidden states, -1 to 1. */
    cosine(depth, first, second) {
        const [low, high] = first < second ? [first, second] : [second, first];
        return low === high ? 1 : this.triangles[depth][high * (high - 1) / 2 + low] / this.one - 1;
    }

    /** The tokens to show: all, or those that stand for words of the text. */
    shown(added) {
        return added || this.spelled.length === 0 ? this.all : this.spelled;
    }

    /** A token in the middle of a sentence, in which it may run the other way. */
    said(token) {
        return runsLeft(this.tokens[token]) ? `\u2068${this.tokens[token]}\u2069` : this.tokens[token];
    }
}

/** Whether a text is read from right to left, which its first letter says. */
function runsLeft(text) {
    return /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(text);
}

/** A number for people: as many decimals as asked for, and a true minus. */
function fixed(number, decimals) {
    const text = number.toFixed(decimals);
    return (Number(text) === 0 ? Math.abs(number).toFixed(decimals) : text).replace('-', '\u2212');
}

function signed(number, decimals) {
    return (Number(number.toFixed(decimals)) > 0 ? '+' : '') + fixed(number, decimals);
}

/** A probability of a label; the same everywhere, so that no two places seem to say different things. */
function probability(number) {
    return fixed(number, 4);
}

/** A part of a whole. */
function percent(number, decimals = 1) {
    return `${(100 * number).toFixed(decimals)}\u202F%`;
}
