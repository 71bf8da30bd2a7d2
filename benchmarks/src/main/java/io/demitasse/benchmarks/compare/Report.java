package io.demitasse.benchmarks.compare;

import java.util.List;
import java.util.Map;

/**
 * All that a comparison found, for a file.
 *
 * @param versions the runtime of each peer, by the peer's name
 * @param missing the kernels that do not work here, and why
 * @param latency a sequence alone, for each number of tokens
 * @param throughput all sentences in batches
 */
record Report(Machine machine, int threads, int rounds, Map<String, String> versions, List<String> missing,
              int sentences, long tokens, List<Agreement> agreement, List<Measurement> latency,
              List<Measurement> throughput) {
}
