package io.demitasse;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds names and the like in texts: a label for each token, and groups of them. It does what Hugging Face's
 * {@code token-classification} pipeline does. Immutable and thread-safe; it owns threads and memory until it is closed.
 */
public final class TokenClassifier implements AutoCloseable {

    /** The label of a token that is nothing in particular. */
    private static final String OUTSIDE = "O";

    static final Task TASK = Task.named("token-classification")
            .command("tag", "Prints the names and the like that are in each text.")
            .of(Architecture.TOKEN_CLASSIFICATION)
            .parameter("aggregation_strategy", Task.Kind.TEXT, "none",
                    "How tokens become words and groups: none, simple, first, average or max")
            .parameter("stride", Task.Kind.INTEGER, "",
                    "Read a long text in windows that share so many tokens, instead of cutting its end")
            .parameter("ignore_labels", Task.Kind.TEXTS, OUTSIDE, "Labels that are left out")
            .objects((inputs, entities) -> List.of(Json.object("text", Parameters.field(inputs, "text"),
                    "entities", entities)))
            .line(TokenClassifier::line)
            .does(TokenClassifier::job);

    private final Model model;

    /**
     * On a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model has no labels for tokens
     */
    public TokenClassifier(Model model) {
        Tasks.check(model, TASK);
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static TokenClassifier load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or without labels for tokens
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TokenClassifier load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), TokenClassifier::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TokenClassifier load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TokenClassifier load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), TokenClassifier::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** The groups of a text, by {@link AggregationStrategy#SIMPLE}. */
    public List<Entity> tag(String text) {
        return tag(text, AggregationStrategy.SIMPLE);
    }

    /**
     * The tokens or groups of a text that are anything in particular. A text too long for the model loses its end, unless
     * the model was opened to do otherwise ({@link Options#truncation}); windows need a strategy other than NONE.
     */
    public List<Entity> tag(String text, AggregationStrategy strategy) {
        return model.run(job(text, strategy, stride(model.options()), List.of(OUTSIDE)));
    }

    private static int stride(Options options) {
        return options.truncation() instanceof Truncation.Window window ? window.stride() : -1;
    }

    /**
     * The work that {@link #tag} does.
     *
     * @param stride how many tokens a window shares with the one before; -1 to read one window alone
     * @param ignored labels that are left out
     * @throws IllegalArgumentException if there is a stride, and nothing is aggregated
     */
    public Job<List<Entity>> job(String text, AggregationStrategy strategy, int stride, List<String> ignored) {
        if (stride >= 0 && strategy == AggregationStrategy.NONE) {
            throw new IllegalArgumentException("\"stride\" needs an aggregation strategy other than none");
        }
        WordPieceTokenizer tokenizer = model.tokenizer();
        List<Encoding> windows = stride < 0 ? List.of(Sequences.whole(model, text))
                : tokenizer.encodeWindows(text, tokenizer.settings().maxLength(), stride);
        List<Sequence> sequences = windows.stream().map(window -> Sequences.sequence(model, window)).toList();
        return new Job<>(model.head(), sequences, outputs -> {
            List<Entity> entities = new ArrayList<>();
            for (int w = 0; w < windows.size(); w++) {
                entities.addAll(entities(text, windows.get(w), outputs.get(w), strategy));
            }
            entities.removeIf(entity -> ignored.contains(entity.entity()));
            return List.copyOf(windows.size() == 1 ? entities : withoutOverlaps(entities));
        });
    }

    /** A token with the probabilities of its labels. */
    private record Token(String word, float[] scores, int index, int start, int end, boolean continuesWord) {

        int best() {
            int best = 0;
            for (int i = 1; i < scores.length; i++) {
                best = scores[i] > scores[best] ? i : best;
            }
            return best;
        }
    }

    /** @param logits {@code [tokens, labels]} */
    private List<Entity> entities(String text, Encoding encoding, Matrix logits, AggregationStrategy strategy) {
        List<Token> tokens = new ArrayList<>();
        for (int i = 0; i < encoding.size(); i++) {
            if (!encoding.isAdded(i)) {
                tokens.add(token(text, encoding, i, model.softmax(logits.copyOfRows(i, 1).data())));
            }
        }
        List<Entity> entities = switch (strategy) {
            case NONE, SIMPLE -> tokens.stream().map(token -> entity(token.best(), token.scores[token.best()],
                    token.index, List.of(token), token.word)).toList();
            case FIRST, AVERAGE, MAX -> words(tokens, strategy);
        };
        return strategy == AggregationStrategy.NONE ? new ArrayList<>(entities) : groups(entities);
    }

    private Token token(String text, Encoding encoding, int i, float[] scores) {
        String piece = encoding.token(i);
        String part = text.substring(encoding.start(i), encoding.end(i));
        boolean unknown = piece.equals(model.tokenizer().settings().specialTokens().unk());
        // A piece that continues a word has ## before it, so it is longer than what it stands for; an unknown word is
        // shown as it stands in the text.
        boolean continues = !unknown && piece.codePointCount(0, piece.length()) != part.codePointCount(0, part.length());
        return new Token(unknown ? part : piece, scores, i, encoding.start(i), encoding.end(i), continues);
    }

    private Entity entity(int label, float score, int index, List<Token> tokens, String word) {
        return new Entity(model.labels().get(label), score, index, word, tokens.get(0).start,
                tokens.get(tokens.size() - 1).end);
    }

    private List<Entity> words(List<Token> tokens, AggregationStrategy strategy) {
        List<Entity> words = new ArrayList<>();
        for (int first = 0; first < tokens.size();) {
            int end = first + 1;
            while (end < tokens.size() && tokens.get(end).continuesWord) {
                end++;
            }
            List<Token> pieces = tokens.subList(first, end);
            Token whole = strategy == AggregationStrategy.FIRST ? pieces.get(0)
                    : strategy == AggregationStrategy.MAX ? surest(pieces) : mean(pieces);
            words.add(entity(whole.best(), whole.scores[whole.best()], -1, pieces,
                    model.tokenizer().join(pieces.stream().map(Token::word).toList())));
            first = end;
        }
        return words;
    }

    private static Token surest(List<Token> pieces) {
        Token surest = pieces.get(0);
        for (Token piece : pieces) {
            surest = piece.scores[piece.best()] > surest.scores[surest.best()] ? piece : surest;
        }
        return surest;
    }

    private static Token mean(List<Token> pieces) {
        float[] means = new float[pieces.get(0).scores.length];
        for (int label = 0; label < means.length; label++) {
            double sum = 0;
            for (Token piece : pieces) {
                sum += piece.scores[label];
            }
            means[label] = (float) (sum / pieces.size());
        }
        return new Token("", means, -1, 0, 0, false);
    }

    /** Neighbours of one kind become a group, unless a label says that it begins one (B-). */
    private List<Entity> groups(List<Entity> entities) {
        List<Entity> groups = new ArrayList<>();
        for (int first = 0; first < entities.size();) {
            int end = first + 1;
            while (end < entities.size() && !entities.get(end).entity().startsWith("B-")
                    && kind(entities.get(end)).equals(kind(entities.get(end - 1)))) {
                end++;
            }
            List<Entity> group = entities.subList(first, end);
            double sum = group.stream().mapToDouble(Entity::score).sum();
            String label = group.get(0).entity();
            groups.add(new Entity(label.substring(label.indexOf('-') + 1), (float) (sum / group.size()), -1,
                    model.tokenizer().join(group.stream().map(Entity::word).toList()), group.get(0).start(),
                    group.get(group.size() - 1).end()));
            first = end;
        }
        return groups;
    }

    /** A label without what says that it begins a group or goes on with one. */
    private static String kind(Entity entity) {
        String label = entity.entity();
        return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
    }

    /** Of entities that overlap, as windows find them, the longer one stays, and of equally long ones the surer. */
    private static List<Entity> withoutOverlaps(List<Entity> entities) {
        List<Entity> kept = new ArrayList<>();
        entities.sort(Comparator.comparing(Entity::start));
        for (Entity entity : entities) {
            Entity last = kept.isEmpty() ? null : kept.get(kept.size() - 1);
            if (last == null || entity.start() >= last.end()) {
                kept.add(entity);
                continue;
            }
            int longer = Integer.compare(entity.end() - entity.start(), last.end() - last.start());
            if (longer > 0 || longer == 0 && entity.score() > last.score()) {
                kept.set(kept.size() - 1, entity);
            }
        }
        return kept;
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        String text = Parameters.field(inputs, "text");
        List<String> ignored = given.has("ignore_labels") ? given.texts("ignore_labels") : List.of(OUTSIDE);
        return new TokenClassifier(model).job(text, given.choice("aggregation_strategy", AggregationStrategy.NONE),
                given.integer("stride", -1, 0), ignored).map(entities -> json(text, entities));
    }

    private static JsonArray json(String text, List<Entity> entities) {
        CodePoints places = new CodePoints(text);
        return Json.array(entities, entity -> {
            JsonObject object = Json.object(entity.isGroup() ? "entity_group" : "entity", entity.entity(),
                    "score", entity.score());
            if (!entity.isGroup()) {
                object.addProperty("index", entity.index());
            }
            object.addProperty("word", entity.word());
            object.addProperty("start", places.before(entity.start()));
            object.addProperty("end", places.before(entity.end()));
            return object;
        });
    }

    private static String line(JsonElement result) {
        List<String> lines = new ArrayList<>();
        lines.add(Json.oneLine(result.getAsJsonObject().get("text")));
        for (JsonElement element : result.getAsJsonObject().getAsJsonArray("entities")) {
            JsonObject entity = element.getAsJsonObject();
            JsonElement label = entity.has("entity") ? entity.get("entity") : entity.get("entity_group");
            lines.add("\t" + Json.oneLine(label) + "\t" + Json.rounded(entity.get("score")) + "\t"
                    + Json.oneLine(entity.get("word")));
        }
        return String.join("\n", lines);
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
