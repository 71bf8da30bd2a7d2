package io.demitasse.serve;

/**
 * A text, or a pair of texts.
 *
 * @param pair the second text, or null
 */
record Input(String text, String pair) {
}
