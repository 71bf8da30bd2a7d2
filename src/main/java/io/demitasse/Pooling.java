package io.demitasse;

/** How the hidden states of a text's tokens become one vector. */
public enum Pooling {
    /** The mean over all tokens, {@code [CLS]} and {@code [SEP]} included, as sentence-transformers takes it. */
    MEAN,
    /** The hidden state of {@code [CLS]}. */
    CLS
}
