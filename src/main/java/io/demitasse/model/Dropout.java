package io.demitasse.model;

/**
 * Sets numbers to zero with a probability and scales the others by {@code 1 / (1 - probability)}, as PyTorch's
 * nn.Dropout does in training (Srivastava et al. 2014). Which ones hangs only on the seed, the step, the layer and the
 * number's place, so a backward pass makes the same choice again instead of keeping it, and threads do not matter.
 *
 * @param seed the training's seed
 * @param step the training step, whose masks differ from every other step's
 */
public record Dropout(long seed, long step) {

}
