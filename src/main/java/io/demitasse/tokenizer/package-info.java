/**
 * Text to ids: WordPiece as Hugging Face's {@code tokenizers} library does it for BERT and DistilBERT, with the place
 * in the text each token came from.
 *
 * <p>A text is cut at special tokens; what lies between is cleaned, decomposed, freed of accents and lowercased one
 * code point at a time, split at spaces and punctuation, and each word is cut into the longest pieces the vocabulary
 * has.
 */
@NullMarked
package io.demitasse.tokenizer;

import org.jspecify.annotations.NullMarked;
