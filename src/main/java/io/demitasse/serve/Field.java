package io.demitasse.serve;

import io.demitasse.Task;

/**
 * A field of a request: what the body is read by, and what the API's description says of it.
 *
 * @param usual what holds if nobody says it, as text; empty if nothing does
 * @param description one sentence without its full stop
 */
record Field(String name, Kind kind, boolean required, String usual, String description) {

    /** What the body of most requests is about; its parameters may stand in an object of this name beside it. */
    static final String INPUTS = "inputs";

    /** What a field holds. */
    enum Kind {
        /** Texts, pairs, token ids, or objects with a task's fields. */
        INPUTS("one or more inputs"),
        FLAG("true or false"),
        INTEGER("a whole number"),
        TEXT("a string"),
        /** Strings, or one with commas between them. */
        TEXTS("a string, or an array of strings"),
        /** Strings, or objects with a text. */
        DOCUMENTS("an array of strings, or of objects with \"text\""),
        /** Numbers of tokens, or arrays of such. */
        IDS("an array of token ids, or of arrays of token ids");

        final String expected;

        Kind(String expected) {
            this.expected = expected;
        }
    }

    static final Field TRUNCATE = flag("truncate", "true", "Cut a text that is too long for the model; false refuses it");
    static final Field DIRECTION = text("truncation_direction", "", "Where such a text is cut: left or right; as the "
            + "model's tokenizer does if not said");
    static final Field RAW_SCORES = flag("raw_scores", "false", "Give logits as they are");

    static Field inputs(String name, String description) {
        return new Field(name, Kind.INPUTS, true, "", description);
    }

    static Field flag(String name, String usual, String description) {
        return new Field(name, Kind.FLAG, false, usual, description);
    }

    static Field integer(String name, String description) {
        return new Field(name, Kind.INTEGER, false, "", description);
    }

    static Field text(String name, String usual, String description) {
        return new Field(name, Kind.TEXT, false, usual, description);
    }

    /** A task's parameter, which has the same name here. */
    static Field of(Task.Parameter parameter) {
        Kind kind = switch (parameter.kind()) {
            case INTEGER -> Kind.INTEGER;
            case FLAG -> Kind.FLAG;
            case TEXT -> Kind.TEXT;
            case TEXTS -> Kind.TEXTS;
        };
        return new Field(parameter.name(), kind, false, parameter.usual(), parameter.description());
    }

    /** The same field, which must be there. */
    Field needed() {
        return new Field(name, kind, true, usual, description);
    }

    Field withUsual(String usual) {
        return new Field(name, kind, required, usual, description);
    }
}
