package io.demitasse;

import io.demitasse.kernel.Matrix;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TruncationStrategy;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;

/** Inputs as sequences of tokens that a model can read: one an input, or several where a long text is read in windows. */
final class Sequences {

    private final Model model;
    private final List<Sequence> sequences;
    private final int[] tokensCut;
    private final int[] starts;     // input i's sequences are starts[i] to starts[i + 1]

    /** @throws IllegalArgumentException if a text is too long, and too long is what it must not be */
    Sequences(List<? extends Input> inputs, Model model) {
        this.model = model;
        starts = new int[inputs.size() + 1];
        sequences = new ArrayList<>(inputs.size());
        tokensCut = new int[inputs.size()];
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) instanceof Input.Text text) {
                addText(text.text(), i);
            } else if (inputs.get(i) instanceof Input.Pair pair) {
                addPair(pair, i);
            } else if (inputs.get(i) instanceof Input.Ids ids) {
                sequences.add(ids.sequence());
            }
            starts[i + 1] = sequences.size();
        }
    }

    private void addText(String text, int input) {
        WordPieceTokenizer tokenizer = model.tokenizer();
        if (model.options().truncation() instanceof Truncation.Window window) {
            tokenizer.encodeWindows(text, tokenizer.settings().maxLength(), window.stride())
                    .forEach(encoding -> sequences.add(sequence(model, encoding)));
        } else {
            addWhole(tokenizer.encode(text), input);
        }
    }

    private void addPair(Input.Pair pair, int input) {
        checkTokenTypes(model);
        if (model.options().truncation() instanceof Truncation.Window) {
            throw new IllegalArgumentException("pairs are not read in windows: choose another truncation");
        }
        addWhole(model.tokenizer().encode(pair.text(), pair.pair()), input);
    }

    /** @throws IllegalArgumentException if the model tells two texts apart by token types, and its file has lost them */
    static void checkTokenTypes(Model model) {
        if (model.config().isBert() && model.config().shape().typeVocabSize() == 0) {
            throw new IllegalArgumentException("pairs need token types, and this BERT's file has none "
                    + "(distilbert.embeddings.token_type_embeddings): convert the model again");
        }
    }

    /**
     * A pair of which only the first text is cut where the two are too long together.
     *
     * @throws IllegalArgumentException as {@link #Sequences}, and if there is no room for any of the first text
     */
    static Sequence firstCut(Model model, String text, String pair) {
        checkTokenTypes(model);
        return sequence(model, model.tokenizer().encode(text, pair, model.tokenizer().settings().maxLength(),
                TruncationStrategy.ONLY_FIRST));
    }

    /**
     * A text as one sequence.
     *
     * @throws IllegalArgumentException if it is too long, and too long is what it must not be
     */
    static Encoding whole(Model model, String text) {
        Encoding encoding = model.tokenizer().encode(text);
        checkWhole(model, encoding, "the text");
        return encoding;
    }

    private static void checkWhole(Model model, Encoding encoding, String what) {
        if (encoding.truncated() && model.options().truncation() instanceof Truncation.Fail) {
            throw new IllegalArgumentException(what + " has " + ((long) encoding.size() + encoding.tokensCut())
                    + " tokens, [CLS] and [SEP] included, but the model reads at most " + encoding.size());
        }
    }

    private void addWhole(Encoding encoding, int input) {
        checkWhole(model, encoding, inputs() == 1 ? "the text" : "text " + input);
        sequences.add(sequence(model, encoding));
        tokensCut[input] = encoding.tokensCut();
    }

    /** See {@link Model#sequence}. */
    static Sequence sequence(Model model, Encoding encoding) {
        if (encoding.size() > 0 && encoding.typeId(encoding.size() - 1) > 0) {
            checkTokenTypes(model);
        }
        return model.config().shape().typeVocabSize() > 1 ? Sequence.of(encoding.ids(), encoding.typeIds())
                : Sequence.of(encoding.ids());
    }

    /** All of them. */
    List<Sequence> all() {
        return sequences;
    }

    int inputs() {
        return starts.length - 1;
    }

    /** The number of an input's first sequence. */
    int start(int input) {
        return starts[input];
    }

    /** Behind an input's last sequence. */
    int end(int input) {
        return starts[input + 1];
    }

    /** How many tokens were cut off an input. */
    int tokensCut(int input) {
        return tokensCut[input];
    }

    /** How many tokens the model reads of an input, special ones included; those of all windows together. */
    int tokens(int input) {
        int tokens = 0;
        for (int s = start(input); s < end(input); s++) {
            tokens += sequences.get(s).size();
        }
        return tokens;
    }

    /**
     * Makes one row of what a head gave for the windows of an input.
     *
     * @param outputs of all sequences, one row each
     */
    float[] aggregate(int input, List<Matrix> outputs) {
        if (end(input) == start(input) + 1) {
            return outputs.get(start(input)).data();
        }
        List<float[]> windows = outputs.subList(start(input), end(input)).stream().map(Matrix::data).toList();
        int added = model.tokenizer().addedTokens(false);
        Truncation.Window window = (Truncation.Window) model.options().truncation();
        return window.aggregation().aggregate(windows, sequences.subList(start(input), end(input)).stream()
                .mapToInt(sequence -> sequence.size() - added).toArray());
    }
}
