package io.demitasse.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.demitasse.Input;
import io.demitasse.Job;
import io.demitasse.TextEmbedder;
import io.demitasse.kernel.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Vectors of texts: feature-extraction, and what else is made of them. */
final class EmbeddingService implements Service {

    static final String PROMPT_NAME = "prompt_name";
    static final String DIMENSIONS = "dimensions";
    private static final String NORMALIZE = "normalize";
    private static final String POOLING = "pooling";
    /** What a number of a vector takes: itself, and written, three times while it grows. */
    static final int NUMBER_BYTES = 4 + 3 * 13;

    private static final Field PROMPT = Field.text(PROMPT_NAME, "",
            "Which of the model's prompts stands before each text; the model's default if not said");

    private final Answers answers;
    private final ServedModel model;

    EmbeddingService(Answers answers) {
        this.answers = answers;
        this.model = answers.model();
    }

    @Override
    public String name() {
        return "feature-extraction";
    }

    @Override
    public String description() {
        return "A vector for each text";
    }

    @Override
    public String input() {
        return "a text, or its token ids, special tokens included";
    }

    @Override
    public List<Field> fields() {
        return List.of(Field.flag(NORMALIZE, "true", "Scale vectors to length 1"), PROMPT,
                Field.integer(DIMENSIONS, "Keep the first numbers of a vector (Matryoshka)"),
                Field.text(POOLING, "", "mean, cls, max or mean_sqrt_len; the model's own if not said"),
                Field.TRUNCATE, Field.DIRECTION);
    }

    /** What a request for the vectors of all tokens may say. */
    static List<Field> fieldsOfTokens() {
        return List.of(PROMPT, Field.TRUNCATE, Field.DIRECTION);
    }

    @Override
    public boolean takes(Item item) {
        return item.fields() == null && !item.isPair();
    }

    @Override
    public JsonObject response() {
        return Schemas.array(Schemas.array(Schemas.number()));
    }

    @Override
    public Answer answer(InferenceRequest request, boolean flat) {
        Texts texts = encode(request);
        TextEmbedder.Settings settings = settings(request).withNormalize(request.flag(NORMALIZE, true));
        return answers.of(job(texts, settings), texts.truncated(), bytes(texts, settings), Response::json);
    }

    /** A vector for each token of each text. */
    Answer tokens(InferenceRequest request) {
        Texts texts = encode(request);
        Job<List<float[][]>> job = model.embedder().tokens(texts.inputs()).map(all ->
                all.stream().map(EmbeddingService::rows).toList());
        return answers.of(job, texts.truncated(), (long) NUMBER_BYTES * texts.tokens() * job.head().width(), Response::json);
    }

    private static float[][] rows(Matrix matrix) {
        float[][] rows = new float[matrix.rows()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = matrix.copyOfRows(i, 1).data();
        }
        return rows;
    }

    /** The request's inputs, each with its prompt before it. */
    Texts encode(InferenceRequest request) {
        List<Texts.Placed> placed = new ArrayList<>();
        for (Item item : request.inputs()) {
            placed.add(new Texts.Placed(item.where(), prompted(item.textOrIds(), request)));
        }
        return Texts.encode(model, request, placed);
    }

    Input prompted(Input input, InferenceRequest request) {
        if (!(input instanceof Input.Text text)) {
            if (request.has(PROMPT_NAME)) {
                throw RequestReader.malformed("\"" + PROMPT_NAME + "\" is for texts, not for token ids");
            }
            return input;
        }
        String name = request.has(PROMPT_NAME) ? request.text(PROMPT_NAME) : null;
        try {
            return Input.of(model.embedder().prompted(text.text(), name));
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed(name == null ? e.getMessage() : "\"" + PROMPT_NAME + "\" is \""
                    + RequestReader.printable(name) + "\"; the model has " + (model.embedder().prompts().isEmpty()
                    ? "no prompts" : String.join(", ", model.embedder().prompts().keySet())));
        }
    }

    /** How vectors are made for a request. */
    TextEmbedder.Settings settings(InferenceRequest request) {
        TextEmbedder.Settings own = model.embedding();
        try {
            return own.withDimensions(request.values().integer(DIMENSIONS, own.dimensions(), 1))
                    .withPooling(request.values().choice(POOLING, own.pooling()));
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed(e.getMessage().lines().findFirst().orElse("")
                    .replaceFirst("(?s)^(.{200}).*", "$1..."));
        }
    }

    Job<List<float[]>> job(Texts texts, TextEmbedder.Settings settings) {
        try {
            return model.embedder().job(texts.inputs(), settings);
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed(e.getMessage());
        }
    }

    /** About how much memory an answer with the texts' vectors takes. */
    static long bytes(Texts texts, TextEmbedder.Settings settings) {
        return (long) NUMBER_BYTES * texts.inputs().size() * settings.dimensions();
    }

    /** The cosines of a text's vector with those of others. */
    Service similarity() {
        return new Similarity();
    }

    private final class Similarity implements Service {

        private static final String SOURCE = "source_sentence";
        private static final String SENTENCES = "sentences";

        @Override
        public String name() {
            return "sentence-similarity";
        }

        @Override
        public String description() {
            return "The cosine of a text's vector with each of the others'";
        }

        @Override
        public String input() {
            return "{\"source_sentence\", \"sentences\": [...]}";
        }

        @Override
        public List<Field> fields() {
            return fieldsOfTokens();
        }

        @Override
        public boolean takes(Item item) {
            return item.fields() != null && item.fields().keySet().equals(Set.of(SOURCE, SENTENCES));
        }

        @Override
        public JsonObject response() {
            JsonObject cosines = Schemas.array(Schemas.number());
            return Schemas.any(cosines, Schemas.array(cosines));
        }

        @Override
        public Answer answer(InferenceRequest request, boolean flat) {
            List<Job<List<float[]>>> jobs = new ArrayList<>();
            int truncated = 0;
            long bytes = 0;
            TextEmbedder.Settings settings = model.embedding().withNormalize(true);
            for (Item item : request.inputs()) {
                Texts texts = Texts.encode(model, request, placed(item, request));
                jobs.add(job(texts, settings));
                truncated += texts.truncated();
                bytes += bytes(texts, settings);
            }
            boolean single = request.isSingle();
            return answers.of(Job.all(jobs), truncated, bytes, all -> {
                List<float[]> cosines = all.stream().map(EmbeddingService::cosines).toList();
                return Response.json(single ? cosines.get(0) : cosines);
            });
        }

        private List<Texts.Placed> placed(Item item, InferenceRequest request) {
            if (!takes(item) || !item.fields().get(SOURCE).isJsonPrimitive() || !item.fields().get(SENTENCES).isJsonArray()) {
                throw RequestReader.malformed("\"" + item.where() + "\" is not " + input());
            }
            JsonArray sentences = item.fields().getAsJsonArray(SENTENCES);
            List<Texts.Placed> placed = new ArrayList<>();
            placed.add(new Texts.Placed(item.where() + "." + SOURCE,
                    prompted(Input.of(item.fields().get(SOURCE).getAsString()), request)));
            for (int i = 0; i < sentences.size(); i++) {
                placed.add(new Texts.Placed(item.where() + "." + SENTENCES + "[" + i + "]",
                        prompted(Input.of(sentences.get(i).getAsString()), request)));
            }
            return placed;
        }
    }

    /** @param vectors of length 1 */
    private static float[] cosines(List<float[]> vectors) {
        float[] first = vectors.get(0);
        float[] cosines = new float[vectors.size() - 1];
        for (int i = 0; i < cosines.length; i++) {
            double dot = 0;
            for (int d = 0; d < first.length; d++) {
                dot += (double) first[d] * vectors.get(i + 1)[d];
            }
            cosines[i] = (float) dot;
        }
        return cosines;
    }
}
