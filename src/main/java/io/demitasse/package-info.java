/**
 * What an app calls: {@link io.demitasse.TextClassifier}, {@link io.demitasse.TextEmbedder} and
 * {@link io.demitasse.Tokenizers}. All of it is immutable and thread-safe.
 */
@NullMarked
package io.demitasse;

import org.jspecify.annotations.NullMarked;
