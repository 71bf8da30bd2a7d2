/** A model that makes vectors of English sentences. */
package io.demitasse.models.minilm;
