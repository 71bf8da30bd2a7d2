/**
 * Labelled data, and metrics of how well a model fits it.
 */
package io.demitasse.train;
