/** A model that tells positive from negative English sentences. */
package io.demitasse.models.sst2;
