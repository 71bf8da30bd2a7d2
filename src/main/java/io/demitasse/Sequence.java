package io.demitasse;

import java.util.Objects;

/**
 * Token ids as a model reads them. The arrays are not copied and not to be changed.
 *
 * @param ids token ids, special tokens included
 * @param typeIds 0 for a first text's tokens and 1 for a second's, as many as ids; empty where all are 0
 * @param places which tokens the head is to read, in rising order, where it reads chosen ones; else empty
 */
public record Sequence(int[] ids, int[] typeIds, int[] places) {

    private static final int[] NONE = {};

    public Sequence {
        Objects.requireNonNull(ids, "ids");
        Objects.requireNonNull(typeIds, "typeIds");
        Objects.requireNonNull(places, "places");
    }

    /** Ids of token type 0. */
    public static Sequence of(int[] ids) {
        return new Sequence(ids, NONE, NONE);
    }

    /** Ids with their token types. */
    public static Sequence of(int[] ids, int[] typeIds) {
        return new Sequence(ids, typeIds, NONE);
    }

    /** The same tokens, of which the head reads some. */
    public Sequence readAt(int... places) {
        return new Sequence(ids, typeIds, places);
    }

    /** How many tokens there are. */
    public int size() {
        return ids.length;
    }
}
