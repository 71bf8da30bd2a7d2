package io.demitasse;

/**
 * A document and how well it answers a query.
 *
 * @param index its number among the documents that were given
 * @param score the higher the better; of which range depends on the model
 * @param text the document
 */
public record Ranking(int index, float score, String text) {
}
