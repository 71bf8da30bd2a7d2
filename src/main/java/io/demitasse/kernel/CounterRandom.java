package io.demitasse.kernel;

/**
 * Random bits as a function of a key and a position, so that any thread can draw any of them in any order (the idea of
 * Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). The key is spread by SplitMix64's finaliser; a
 * position goes twice through MurmurHash3's 32-bit finaliser, once with each half of the key.
 */
public final class CounterRandom {

    static final int M1 = 0x85EBCA6B;
    static final int M2 = 0xC2B2AE35;

    private CounterRandom() {
    }

    /** A key for a seed, a training step, and the layer that draws. */
    public static long key(long seed, long step, long layer) {
        return spread(spread(spread(seed) + step) + layer);
    }

    private static long spread(long x) {
        x += 0x9E3779B97F4A7C15L;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }

    /** 32 random bits. */
    static int bits(long key, int position) {
        return mix(mix(position ^ (int) key) ^ (int) (key >>> 32));
    }

    private static int mix(int x) {
        x = (x ^ (x >>> 16)) * M1;
        x = (x ^ (x >>> 13)) * M2;
        return x ^ (x >>> 16);
    }

    /** Numbers whose {@link #bits}, without the lowest one, are below this are dropped. */
    static int threshold(float probability) {
        return (int) (probability * 0x1p31);
    }
}
