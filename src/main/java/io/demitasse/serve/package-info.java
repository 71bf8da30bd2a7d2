/**
 * HTTP: the APIs of Hugging Face's inference clients and text-embeddings-inference, and OpenAI's and Cohere's for vectors and
 * rankings, on the JDK's own server. A request goes
 * {@link io.demitasse.serve.InferenceServer} (connections, threads) - {@code Router} (errors, metrics) - {@code Guard}
 * (who asks) - {@code Endpoints} (what each {@code Route} answers, mostly by a {@code Service} for each task) -
 * {@code Computation} (what is computed for it) -
 * {@code Batcher} (sequences of all requests, computed together) - {@code FairQueue} (whose turn it is).
 */
@NullMarked
package io.demitasse.serve;

import org.jspecify.annotations.NullMarked;
