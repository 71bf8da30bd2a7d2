/* What stands in the page, as numbers. */

const MEAN = -1;                    // in place of a head's number
const PROBABILITY_ONE = 0xFFFF;     // as Page.java stores them
const COSINE_ONE = 0x7FFF;

/** One text with all that was computed for it. */
class Text {

    constructor(summary, numbers, index) {
        Object.assign(this, summary);
        this.index = index;
        this.size = this.tokens.length;
        this.layers = this.depths.length - 1;
        const square = this.size * this.size;
        const shorts = numbers.byteLength / 2;
        const cosines = square * this.depths.length;
        this.heads = (shorts - cosines) / square / this.layers;
        this.attentions = new Uint16Array(numbers, 0, shorts - cosines);
        this.cosines = new Int16Array(numbers, 2 * (shorts - cosines), cosines);
        this.wordOf = new Int32Array(this.size).fill(-1);
        this.words.forEach((word, w) => this.wordOf.fill(w, ...word.tokens));
        this.means = [];
        this.all = Array.from(this.tokens.keys());
        this.spelled = this.all.filter(token => this.wordOf[token] >= 0);
    }

    static async read(summary, numbers, index) {
        const bytes = Uint8Array.from(atob(numbers.textContent), character => character.charCodeAt(0));
        numbers.remove();
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
        return new Text(JSON.parse(summary.textContent), await new Response(stream).arrayBuffer(), index);
    }

    /** A head's probabilities, or those of all heads' mean: [queries * keys], as PROBABILITY_ONE-ths. */
    attention(layer, head) {
        const square = this.size * this.size;
        if (head === MEAN) {
            return this.means[layer] ??= this.mean(layer);
        }
        const start = (layer * this.heads + head) * square;
        return this.attentions.subarray(start, start + square);
    }

    mean(layer) {
        const square = this.size * this.size;
        const sums = new Uint32Array(square);
        for (let head = 0; head < this.heads; head++) {
            const values = this.attention(layer, head);
            for (let i = 0; i < square; i++) {
                sums[i] += values[i];
            }
        }
        return Uint16Array.from(sums, sum => Math.round(sum / this.heads));
    }

    /** How much the query looks at the key, 0 to 1. */
    looks(layer, head, query, key) {
        return this.attention(layer, head)[query * this.size + key] / PROBABILITY_ONE;
    }

    /** The cosine of the angle between two hidden states, -1 to 1. */
    cosine(depth, first, second) {
        return this.cosines[(depth * this.size + first) * this.size + second] / COSINE_ONE;
    }

    /** The tokens to show: all, or those that stand for words of the text. */
    shown(added) {
        return added || this.spelled.length === 0 ? this.all : this.spelled;
    }
}

/** A number for people: as many decimals as asked for, and a true minus. */
function fixed(number, decimals) {
    const text = number.toFixed(decimals);
    return (Number(text) === 0 ? Math.abs(number).toFixed(decimals) : text).replace('-', '\u2212');
}

function signed(number, decimals) {
    return (Number(number.toFixed(decimals)) > 0 ? '+' : '') + fixed(number, decimals);
}

function percent(number) {
    return `${(100 * number).toFixed(1)}\u2009%`;
}
