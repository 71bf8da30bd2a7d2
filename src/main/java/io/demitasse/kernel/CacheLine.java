package io.demitasse.kernel;

/**
 * Where in an array of floats cache lines begin. A vector of 512 bits that lies across two lines takes two reads, which
 * costs a tile a tenth of its speed. Java does not say where an array lies, but the G1 and Z collectors put
 * a large one at the start of a region, and a line starts {@link #LEAD} floats behind its header of 16 bytes. The serial
 * collector, which the commands run on since they start a little sooner with it and need 150 MB less, puts it anywhere; the spread
 * between runs hid what that costs.
 */
final class CacheLine {

    /** Floats in a cache line. */
    static final int FLOATS = 64 / Float.BYTES;
    /** The index of the first float of a large array with which a line begins. */
    static final int LEAD = (64 - 16) / Float.BYTES;

    private CacheLine() {
    }

    /** The first index from {@code index} on with which a line of a large array begins. */
    static int from(int index) {
        return (index - LEAD + FLOATS - 1) / FLOATS * FLOATS + LEAD;
    }
}
