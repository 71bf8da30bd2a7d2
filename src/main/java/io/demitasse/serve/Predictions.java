package io.demitasse.serve;

import com.google.gson.stream.JsonWriter;
import io.demitasse.Classification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Labels with their scores, the best first, as JSON. It is written number by number: as objects, the answer of a model
 * with 50,000 labels would take many times its memory.
 */
final class Predictions {

    /** What one score takes beside its label: as a number twice, in its order, and written, three times while it grows. */
    private static final int SCORE_BYTES = 16 + 3 * 44;

    private final List<String> labels;
    private final boolean rawScores;

    /** @param rawScores whether scores are logits, not probabilities */
    Predictions(List<String> labels, boolean rawScores) {
        this.labels = labels;
        this.rawScores = rawScores;
    }

    /** About how much memory the answer to one text takes until it is sent. */
    static long bytes(List<String> labels) {
        return labels.stream().mapToLong(label -> SCORE_BYTES + 6L * label.length()).sum();
    }

    /** {@code [[{"score": s, "label": l}, ...], ...]}, or the inner list alone. */
    byte[] json(List<Classification> results, boolean flat) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonWriter json = new JsonWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8))) {
            if (flat) {
                write(results.get(0), json);
            } else {
                json.beginArray();
                for (Classification result : results) {
                    write(result, json);
                }
                json.endArray();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void write(Classification result, JsonWriter json) throws IOException {
        float[] scores = rawScores ? result.logits() : result.probabilities();
        json.beginArray();
        for (int label : bestFirst(scores)) {
            json.beginObject();
            json.name("score").value(scores[label]);
            json.name("label").value(labels.get(label));
            json.endObject();
        }
        json.endArray();
    }

    /** The numbers of the scores from the highest down; of equal ones the first comes first. */
    static int[] bestFirst(float[] scores) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            int bits = Float.floatToIntBits(scores[i]);
            int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);     // in the floats' order
            keys[i] = (long) ~ascending << 32 | i;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }
}
