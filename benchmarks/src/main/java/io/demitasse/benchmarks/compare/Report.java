package io.demitasse.benchmarks.compare;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls()
            .serializeSpecialFloatingPointValues().create();

    void write(Path file) throws IOException {
        Files.writeString(file, GSON.toJson(this) + "\n");
    }
}
