/**
 * Labelled data, and metrics of how well a model fits it.
 */
@NullMarked
package io.demitasse.train;

import org.jspecify.annotations.NullMarked;
