package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.model.Head;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes vectors of texts: the last hidden states of DistilBERT or BERT, pooled. Without a word from the caller it does
 * what sentence-transformers' {@code SentenceTransformer.encode} does with the same model. Immutable and thread-safe, and
 * owns threads and memory until it is closed, as {@link TextClassifier} does.
 */
public final class TextEmbedder implements AutoCloseable {

    static final Task TASK = Task.named("feature-extraction")
            .command("embed", "Prints a vector for each text, as a JSON line.")
            .of(Architecture.MODEL).onAnyEncoder()
            .parameter("pooling", Task.Kind.TEXT, "", "mean, cls, max or mean_sqrt_len; the model's own if not said")
            .parameter("normalize", Task.Kind.FLAG, "", "Scale vectors to length 1; as the model does if not said")
            .parameter("prompt_name", Task.Kind.TEXT, "", "Which of the model's prompts to put before each text")
            .parameter("dimensions", Task.Kind.INTEGER, "", "Keep the first numbers of a vector (Matryoshka)")
            .does(TextEmbedder::job);

    static final Task SIMILARITY = Task.named("sentence-similarity")
            .command("similarity", "Prints the cosine of the first text's vector with each of the others'.")
            .of(Architecture.MODEL).onAnyEncoder()
            .about(Task.Field.one("source_sentence"), Task.Field.many("sentences"))
            .objects((inputs, cosines) -> Json.rows("similarity", cosines,
                    inputs.getAsJsonObject().getAsJsonArray("sentences")))
            .line(row -> Json.rounded(row.getAsJsonObject().get("similarity")) + "\t"
                    + Json.oneLine(row.getAsJsonObject().get("text")))
            .does(TextEmbedder::similarities);

    /**
     * How vectors are made. Start from {@link TextEmbedder#settings()}.
     *
     * @param pooling how hidden states become one vector
     * @param normalize whether vectors are scaled to length 1, so that their dot product is the cosine
     * @param promptName which of the model's prompts stands before a text; null for the model's default
     * @param dimensions how many numbers are kept, from the first on; they are cut before they are normalised
     */
    public record Settings(Pooling pooling, boolean normalize, @Nullable String promptName, int dimensions) {

        /** Throws IllegalArgumentException if dimensions is below 1. */
        public Settings {
            Objects.requireNonNull(pooling, "pooling");
            if (dimensions < 1) {
                throw new IllegalArgumentException("dimensions must be at least 1, not " + dimensions);
            }
        }

        public Settings withPooling(Pooling pooling) {
            return new Settings(pooling, normalize, promptName, dimensions);
        }

        public Settings withNormalize(boolean normalize) {
            return new Settings(pooling, normalize, promptName, dimensions);
        }

        public Settings withPromptName(@Nullable String promptName) {
            return new Settings(pooling, normalize, promptName, dimensions);
        }

        public Settings withDimensions(int dimensions) {
            return new Settings(pooling, normalize, promptName, dimensions);
        }
    }

    private final Model model;
    private final EmbeddingSettings own;

    /** An embedder on a model that is open, whatever its head; closing it closes the model. */
    public TextEmbedder(Model model) {
        this.model = model;
        this.own = model.embeddingSettings();
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static TextEmbedder load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model, with or without a head.
     *
     * @throws ModelFormatException if the file is damaged or no model
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEmbedder load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), TextEmbedder::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TextEmbedder load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException if the file is damaged or not a flat weight file
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEmbedder load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), TextEmbedder::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** How many numbers a vector has. */
    public int dim() {
        return own.dim();
    }

    /** How the model's own files say that vectors are made. */
    public Settings settings() {
        return new Settings(own.pooling(), own.normalize(), null, own.dim());
    }

    /** The model's prompts by their names, such as {@code query}. */
    public Map<String, String> prompts() {
        return own.prompts();
    }

    /**
     * The model's tokenizer.
     *
     * @throws IllegalArgumentException if the model has no vocabulary
     */
    public WordPieceTokenizer tokenizer() {
        return model.tokenizer();
    }

    /** A text's vector, {@code [dim]}, as the model's own files say. */
    public float[] embed(String text) {
        return model.run(job(List.of(Input.of(text)), settings())).get(0);
    }

    /** The texts' vectors, {@code [dim]} each, as the model's own files say. */
    public List<float[]> embed(List<String> texts) {
        return embed(texts, settings());
    }

    /** A vector for each text, made with this pooling and otherwise as the model's own files say. */
    public List<float[]> embed(List<String> texts, Pooling pooling, boolean normalize) {
        return embed(texts, settings().withPooling(pooling).withNormalize(normalize));
    }

    /**
     * A vector for each text.
     *
     * @throws IllegalArgumentException if a text is too long for the model, under {@link Truncation#FAIL} (by default it
     *     is cut), or the model has no such prompt or fewer dimensions
     */
    public List<float[]> embed(List<String> texts, Settings settings) {
        return model.run(job(texts.stream().map(Input::of).toList(), settings));
    }

    /**
     * A vector for each sequence of token ids, special tokens included.
     *
     * @throws IllegalArgumentException if one is empty, too long for the model, or has an id not in the vocabulary
     */
    public List<float[]> embedIds(List<int[]> inputIds, Pooling pooling, boolean normalize) {
        return model.run(job(inputIds.stream().map(Input::ofIds).toList(),
                settings().withPooling(pooling).withNormalize(normalize)));
    }

    /** The cosine of a text's vector with each of the others'. */
    public float[] similarity(String text, List<String> others) {
        return model.run(similarities(text, others));
    }

    /** The work that {@link #similarity} does. */
    public Job<float[]> similarities(String text, List<String> others) {
        List<Input> all = new ArrayList<>(List.of(Input.of(text)));
        others.forEach(other -> all.add(Input.of(other)));
        return job(all, settings().withNormalize(true)).map(vectors -> {
            float[] cosines = new float[others.size()];
            for (int i = 0; i < cosines.length; i++) {
                double dot = 0;
                for (int d = 0; d < vectors.get(0).length; d++) {
                    dot += (double) vectors.get(0)[d] * vectors.get(i + 1)[d];
                }
                cosines[i] = (float) dot;
            }
            return cosines;
        });
    }

    /** The work that {@link #embed(List, Settings)} does. */
    public Job<List<float[]>> job(List<? extends Input> inputs, Settings settings) {
        if (settings.dimensions > own.dim()) {
            throw new IllegalArgumentException("dimensions is " + settings.dimensions + ", but the model's vectors have "
                    + own.dim() + " numbers");
        }
        Sequences sequences = model.encode(inputs.stream().map(input -> input instanceof Input.Text text
                ? Input.of(own.prompted(text.text(), settings.promptName)) : input).toList());
        Head head = model.embeddingHead(settings.pooling);
        return new Job<>(head, sequences.all(), outputs -> {
            List<float[]> vectors = new ArrayList<>(inputs.size());
            for (int i = 0; i < inputs.size(); i++) {
                float[] vector = sequences.aggregate(i, outputs);                   // [dim]
                if (settings.dimensions < vector.length) {
                    vector = Arrays.copyOf(vector, settings.dimensions);
                }
                if (settings.normalize) {
                    normalize(vector);
                }
                vectors.add(vector);
            }
            return vectors;
        });
    }

    /**
     * A text as it is read, with one of the model's prompts before it.
     *
     * @param promptName which one; null for the model's default, if it has one
     * @throws IllegalArgumentException if the model has no such prompt
     */
    public String prompted(String text, @Nullable String promptName) {
        return own.prompted(text, promptName);
    }

    /** The work of making a vector of every token: the last hidden states, {@code [tokens, dim]} an input. */
    public Job<List<Matrix>> tokens(List<? extends Input> inputs) {
        return new Job<>(model.tokensHead(), model.encode(inputs).all(), List::copyOf);
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        TextEmbedder embedder = new TextEmbedder(model);
        Settings own = embedder.settings();
        Settings settings = new Settings(given.choice("pooling", own.pooling), given.flag("normalize", own.normalize),
                given.text("prompt_name"), given.integer("dimensions", own.dimensions, 1));
        return embedder.job(List.of(Input.of(Parameters.field(inputs, "text"))), settings)
                .map(vectors -> Json.object("embedding", Json.numbers(vectors.get(0))));
    }

    private static Job<JsonElement> similarities(Model model, JsonElement inputs, Parameters given) {
        JsonObject fields = Parameters.object(inputs, "source_sentence", "sentences");
        return new TextEmbedder(model).similarities(Parameters.text(fields.get("source_sentence"), "source_sentence"),
                Parameters.texts(fields.get("sentences"), "sentences")).map(Json::numbers);
    }

    private static void normalize(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        // sentence-transformers' guard against a vector of zeros
        double length = Math.max(Math.sqrt(squares), 1e-12);
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
