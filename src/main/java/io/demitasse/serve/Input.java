package io.demitasse.serve;

import org.jspecify.annotations.Nullable;

/**
 * A text, or a pair of texts.
 *
 * @param pair the second text, or null
 */
record Input(String text, @Nullable String pair) {
}
