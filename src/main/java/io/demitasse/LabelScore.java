package io.demitasse;

/**
 * A label with its score, named as Hugging Face's pipelines name them.
 *
 * @param label its name
 * @param score 0 to 1, or any number where the model's logits are the answer themselves
 */
public record LabelScore(String label, float score) {
}
