/**
 * HTTP: the API of Hugging Face's text-embeddings-inference on the JDK's own server. A request goes
 * {@link io.demitasse.serve.InferenceServer} (connections, threads) - {@code Router} (path, token, errors, metrics) -
 * {@code Endpoints} (what each path answers) - {@code Batcher} (texts of all requests, computed together).
 */
@NullMarked
package io.demitasse.serve;

import org.jspecify.annotations.NullMarked;
