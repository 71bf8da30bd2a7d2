package io.demitasse;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.SpecialTokens;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Guesses the words that masks hide in a text, such as {@code The capital of France is [MASK].} It does what Hugging
 * Face's {@code fill-mask} pipeline does. Immutable and thread-safe; it owns threads and memory until it is closed.
 */
public final class FillMask implements AutoCloseable {

    private static final int TOP_K = 5;

    static final Task TASK = Task.named("fill-mask")
            .command("fill-mask", "Prints the likeliest words for each [MASK] in a text.")
            .of(Architecture.MASKED_LM)
            .parameter("top_k", Task.Kind.INTEGER, "5", "How many words to give for each mask")
            .parameter("targets", Task.Kind.TEXTS, "", "Choose among these words alone")
            .line(FillMask::line)
            .does(FillMask::job);

    private final Model model;

    /**
     * On a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is no masked language model
     */
    public FillMask(Model model) {
        Tasks.check(model, TASK);
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static FillMask load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or no masked language model
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static FillMask load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), FillMask::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static FillMask load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static FillMask load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), FillMask::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** The five likeliest words for each mask of a text, best first. */
    public List<List<Fill>> fill(String text) {
        return fill(text, TOP_K, List.of());
    }

    /**
     * The likeliest words for each mask of a text, best first.
     *
     * @param k how many; there are fewer if there are fewer targets
     * @param targets words to choose among; empty for all. One that is no token of the vocabulary counts as its first piece
     * @throws IllegalArgumentException if the text has no mask
     */
    public List<List<Fill>> fill(String text, int k, List<String> targets) {
        return model.run(job(text, k, targets));
    }

    /** The work that {@link #fill(String, int, List)} does. */
    public Job<List<List<Fill>>> job(String text, int k, List<String> targets) {
        Encoding encoding = Sequences.whole(model, text);
        SpecialTokens special = model.tokenizer().settings().specialTokens();
        int[] masks = IntStream.range(0, encoding.size())
                .filter(i -> encoding.token(i).equals(special.mask())).toArray();
        if (masks.length == 0) {
            throw new IllegalArgumentException("the text has no " + special.mask()
                    + (encoding.truncated() ? " among the tokens that the model reads" : ""));
        }
        int[] ids = targets.isEmpty() ? null : targetIds(targets);
        Sequence sequence = Sequences.sequence(model, encoding).readAt(masks);
        return new Job<>(model.head(), List.of(sequence), outputs -> {
            List<List<Fill>> fills = new ArrayList<>();
            for (int m = 0; m < masks.length; m++) {
                fills.add(fills(outputs.get(0), m, encoding.ids(), masks, k, ids));
            }
            return List.copyOf(fills);
        });
    }

    private int[] targetIds(List<String> targets) {
        WordPieceTokenizer tokenizer = model.tokenizer();
        Set<Integer> ids = new LinkedHashSet<>();
        for (String target : targets) {
            int id = tokenizer.vocabulary().id(target);
            Encoding pieces = tokenizer.encode(target);
            if (id >= 0) {
                ids.add(id);
            } else if (pieces.size() > tokenizer.addedTokens(false)) {
                ids.add(pieces.id(1));
            }
        }
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("none of the targets is a word");
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** @param logits {@code [masks, vocabulary]} */
    private List<Fill> fills(Matrix logits, int mask, int[] text, int[] masks, int k, int[] targets) {
        float[] probabilities = model.softmax(logits.copyOfRows(mask, 1).data());
        int[] ids = targets == null ? IntStream.range(0, probabilities.length).toArray() : targets;
        List<Fill> fills = new ArrayList<>();
        for (int id : best(ids, probabilities, Math.min(k, ids.length))) {
            int[] filled = text.clone();
            filled[masks[mask]] = id;
            // Several masks are written as masks, so special tokens are not left out.
            fills.add(new Fill(probabilities[id], id, model.tokenizer().decode(new int[] {id}, false),
                    model.tokenizer().decode(filled, masks.length == 1)));
        }
        return List.copyOf(fills);
    }

    /** The {@code k} ids with the largest probabilities, largest first. */
    private static List<Integer> best(int[] ids, float[] probabilities, int k) {
        return IntStream.of(ids).boxed()
                .sorted(Comparator.comparing((Integer id) -> probabilities[id]).reversed()).limit(k).toList();
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        return new FillMask(model).job(Parameters.field(inputs, "text"), given.integer("top_k", TOP_K, 1),
                given.texts("targets")).map(FillMask::json);
    }

    /** For one mask a list, and for several a list of lists. */
    private static JsonElement json(List<List<Fill>> masks) {
        JsonArray all = Json.array(masks, fills -> Json.array(fills, fill -> Json.object("score", fill.score(),
                "token", fill.token(), "token_str", fill.tokenStr(), "sequence", fill.sequence())));
        return masks.size() == 1 ? all.get(0) : all;
    }

    private static String line(JsonElement result) {
        List<String> lines = new ArrayList<>();
        for (JsonElement element : result.getAsJsonArray()) {
            if (element.isJsonArray()) {
                lines.add(line(element));
            } else {
                JsonObject fill = element.getAsJsonObject();
                lines.add(Json.rounded(fill.get("score")) + "\t" + Json.oneLine(fill.get("token_str")) + "\t"
                        + Json.oneLine(fill.get("sequence")));
            }
        }
        return String.join("\n", lines);
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
