package io.demitasse;

/**
 * A part of a text that answers a question, named as Hugging Face's {@code question-answering} names it.
 *
 * @param score how sure the model is, 0 to about 1: probabilities of the answer's places, added up where several windows
 *     or spellings give the same answer
 * @param start the first place in the context, in UTF-16 units, as String counts
 * @param end the place behind the last
 * @param answer the context between them; empty if the context has no answer
 */
public record Answer(float score, int start, int end, String answer) {
}
