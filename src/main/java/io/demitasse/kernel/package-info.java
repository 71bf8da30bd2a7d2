/**
 * The arithmetic under the layers: matrix products, softmax, layer norm, GELU; the threads and the memory for it.
 * Knows no other package of this project.
 */
@NullMarked
package io.demitasse.kernel;

import org.jspecify.annotations.NullMarked;
