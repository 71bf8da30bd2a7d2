/**
 * HTTP: the API of Hugging Face's text-embeddings-inference on the JDK's own server. A request goes
 * {@link io.demitasse.serve.InferenceServer} (connections, threads) - {@code Router} (errors, metrics) - {@code Guard}
 * (who asks) - {@code Endpoints} (what each {@code Route} answers) - {@code Job} (what is computed for it) -
 * {@code Batcher} (sequences of all requests, computed together) - {@code FairQueue} (whose turn it is).
 */
@NullMarked
package io.demitasse.serve;

import org.jspecify.annotations.NullMarked;
