package io.demitasse.tokenizer;

/** Where the windows of a row of tokens are. At least one, which is empty if there are no tokens. */
final class Windows {

    private final int tokens;
    private final int room;
    private final int step;
    private final boolean fromTheEnd;
    private int from;
    private int to;
    private boolean started;

    /** @param stride below room */
    Windows(int tokens, int room, int stride, TruncationSide side) {
        this.tokens = tokens;
        this.room = room;
        step = room - stride;
        fromTheEnd = side == TruncationSide.LEFT;
    }

    /** Goes on to the next window; false if the last one has reached the other end. */
    boolean next() {
        if (!started) {
            started = true;
            from = fromTheEnd ? Math.max(0, tokens - room) : 0;
            to = fromTheEnd ? tokens : Math.min(room, tokens);
            return true;
        }
        if (fromTheEnd ? from == 0 : to == tokens) {
            return false;
        }
        if (fromTheEnd) {
            to -= step;
            from = Math.max(0, to - room);
        } else {
            from += step;
            to = (int) Math.min((long) from + room, tokens);
        }
        return true;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }
}
