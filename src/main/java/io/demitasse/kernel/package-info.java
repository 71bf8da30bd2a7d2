/**
 * The arithmetic under the layers: matrix products, softmax, layer norm, GELU; the threads and the memory for it.
 * Knows no other package of this project.
 */
package io.demitasse.kernel;
