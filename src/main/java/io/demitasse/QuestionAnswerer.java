package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TruncationStrategy;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Answers questions with a part of a text. It does what Hugging Face's {@code question-answering} pipeline does, as of
 * transformers 4.57. A text too long for the model is read in windows. Immutable and thread-safe; it owns threads and
 * memory until it is closed.
 */
public final class QuestionAnswerer implements AutoCloseable {

    static final Task TASK = Task.named("question-answering")
            .command("answer", "Prints the part of a context that answers a question.")
            .of(Architecture.QUESTION_ANSWERING)
            .about(Task.Field.option("question"), Task.Field.option("context"))
            .parameter("top_k", Task.Kind.INTEGER, "1", "How many answers to give, best first")
            .parameter("doc_stride", Task.Kind.INTEGER, "128",
                    "How many tokens of the context a window shares with the one before")
            .parameter("max_answer_len", Task.Kind.INTEGER, "15", "The most tokens an answer has")
            .parameter("max_seq_len", Task.Kind.INTEGER, "384", "The most tokens a window has, the question included")
            .parameter("max_question_len", Task.Kind.INTEGER, "64", "The most tokens of the question")
            .parameter("handle_impossible_answer", Task.Kind.FLAG, "false", "Let the answer be that there is none")
            .parameter("align_to_words", Task.Kind.FLAG, "true", "Widen answers to whole words")
            .line(QuestionAnswerer::line)
            .does(QuestionAnswerer::job);

    /** What keeps a place out of a softmax, as in Hugging Face's pipeline. */
    private static final double MASKED = -10000;

    /**
     * How answers are looked for. Start from {@link #defaults()}.
     *
     * @param topK how many answers are given
     * @param docStride how many tokens of the context a window shares with the one before; -1 for half a window, at most
     *     128
     * @param maxAnswerLen the most tokens an answer has
     * @param maxSeqLen the most tokens a window has, if the model can read as many
     * @param handleImpossibleAnswer whether the answer may be that there is none
     * @param alignToWords whether answers are widened to whole words
     */
    public record Settings(int topK, int docStride, int maxAnswerLen, int maxSeqLen, boolean handleImpossibleAnswer,
                           boolean alignToWords) {

        /** Throws IllegalArgumentException if topK, maxAnswerLen or maxSeqLen is below 1. */
        public Settings {
            if (topK < 1 || maxAnswerLen < 1 || maxSeqLen < 1) {
                throw new IllegalArgumentException("top k, max answer len and max seq len must be at least 1, not "
                        + topK + ", " + maxAnswerLen + " and " + maxSeqLen);
            }
        }

        /** As Hugging Face's pipeline. */
        public static Settings defaults() {
            return new Settings(1, -1, 15, 384, false, true);
        }

        public Settings withTopK(int topK) {
            return new Settings(topK, docStride, maxAnswerLen, maxSeqLen, handleImpossibleAnswer, alignToWords);
        }

        public Settings withHandleImpossibleAnswer(boolean handle) {
            return new Settings(topK, docStride, maxAnswerLen, maxSeqLen, handle, alignToWords);
        }
    }

    private final Model model;

    /**
     * On a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model does not answer questions
     */
    public QuestionAnswerer(Model model) {
        Tasks.check(model, TASK);
        Sequences.checkTokenTypes(model);
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static QuestionAnswerer load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or does not answer questions
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static QuestionAnswerer load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), QuestionAnswerer::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static QuestionAnswerer load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static QuestionAnswerer load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), QuestionAnswerer::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** The best answer to a question that a context has; one without text if it has none. */
    public Answer answer(String question, String context) {
        List<Answer> answers = answer(question, context, Settings.defaults());
        return answers.isEmpty() ? new Answer(0, 0, 0, "") : answers.get(0);
    }

    /**
     * The best answers, best first.
     *
     * @throws IllegalArgumentException if question or context is blank, the question leaves no room for the context, or
     *     the stride does not fit into a window
     */
    public List<Answer> answer(String question, String context, Settings settings) {
        return model.run(job(question, context, settings));
    }

    /** The work that {@link #answer(String, String, Settings)} does. */
    public Job<List<Answer>> job(String question, String context, Settings settings) {
        if (question.isBlank() || context.isBlank()) {
            throw new IllegalArgumentException((question.isBlank() ? "\"question\"" : "\"context\"") + " is empty");
        }
        int length = Math.min(settings.maxSeqLen, model.tokenizer().settings().maxLength());
        int stride = settings.docStride < 0 ? Math.min(length / 2, 128) : settings.docStride;
        List<Encoding> windows = model.tokenizer().encodeWindows(question, context, length, stride,
                TruncationStrategy.ONLY_SECOND);
        List<Sequence> sequences = windows.stream().map(window -> Sequences.sequence(model, window)).toList();
        return new Job<>(model.head(), sequences, outputs -> answers(context, windows, outputs, settings));
    }

    private List<Answer> answers(String context, List<Encoding> windows, List<Matrix> outputs, Settings settings) {
        List<Answer> answers = new ArrayList<>();
        double none = Double.MAX_VALUE;
        for (int w = 0; w < windows.size(); w++) {
            Encoding window = windows.get(w);
            int[] words = window.words();
            boolean[] wanted = wanted(window);
            double[] start = probabilities(outputs.get(w), 0, wanted);
            double[] end = probabilities(outputs.get(w), 1, wanted);
            none = Math.min(none, start[0] * end[0]);
            start[0] = 0;
            end[0] = 0;
            // Some spans may turn out the same once they are widened to words.
            long count = settings.alignToWords ? 2L * settings.topK + 10 : settings.topK;
            for (Span span : best(start, end, settings.maxAnswerLen, count)) {
                if (wanted[span.start] && wanted[span.end]) {
                    add(answers, answer(context, window, words, span, settings.alignToWords));
                }
            }
        }
        if (settings.handleImpossibleAnswer) {
            answers.add(new Answer((float) none, 0, 0, ""));
        }
        answers.sort(Comparator.comparing(Answer::score).reversed());
        return List.copyOf(answers.subList(0, Math.min(settings.topK, answers.size())));
    }

    /** Places that an answer may have: the context's tokens, and [CLS], which stands for no answer. */
    private boolean[] wanted(Encoding window) {
        String cls = model.tokenizer().settings().specialTokens().cls();
        boolean[] wanted = new boolean[window.size()];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = window.sequence(i) == 1 || window.token(i).equals(cls);
        }
        return wanted;
    }

    /** {@code softmax} of a column of logits, in double arithmetic. */
    private static double[] probabilities(Matrix logits, int column, boolean[] wanted) {
        double[] x = new double[wanted.length];
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < x.length; i++) {
            x[i] = wanted[i] ? logits.get(i, column) : MASKED;
            max = Math.max(max, x[i]);
        }
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = StrictMath.exp(x[i] - max);
            sum += x[i];
        }
        for (int i = 0; i < x.length; i++) {
            x[i] /= sum;
        }
        return x;
    }

    private record Span(int start, int end, double score) {
    }

    /** The spans of at most so many tokens with the largest products of probabilities, best first. */
    private static List<Span> best(double[] start, double[] end, int maxAnswerLen, long count) {
        List<Span> spans = new ArrayList<>();
        for (int s = 0; s < start.length; s++) {
            for (int e = s; e < end.length && e - s < maxAnswerLen; e++) {
                spans.add(new Span(s, e, start[s] * end[e]));
            }
        }
        spans.sort(Comparator.comparing(Span::score).reversed());
        return spans.subList(0, (int) Math.min(count, spans.size()));
    }

    private static Answer answer(String context, Encoding window, int[] words, Span span, boolean alignToWords) {
        int first = span.start;
        int last = span.end;
        while (alignToWords && isSameWord(window, words, first, first - 1)) {
            first--;
        }
        while (alignToWords && isSameWord(window, words, last, last + 1)) {
            last++;
        }
        int start = window.start(first);
        int end = window.end(last);
        return new Answer((float) span.score, start, end, start < end ? context.substring(start, end) : "");
    }

    private static boolean isSameWord(Encoding window, int[] words, int token, int other) {
        return other >= 0 && other < window.size() && window.sequence(other) == window.sequence(token)
                && words[token] != Encoding.NO_WORD && words[other] == words[token];
    }

    /** Answers that differ by capitals alone are one, and their scores are added. */
    private static void add(List<Answer> answers, Answer found) {
        for (int i = 0; i < answers.size(); i++) {
            Answer known = answers.get(i);
            if (known.answer().toLowerCase(Locale.ROOT).equals(found.answer().toLowerCase(Locale.ROOT))) {
                answers.set(i, new Answer(known.score() + found.score(), known.start(), known.end(), known.answer()));
                return;
            }
        }
        answers.add(found);
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        JsonObject fields = Parameters.object(inputs, "question", "context");
        String context = Parameters.text(fields.get("context"), "context");
        Settings usual = Settings.defaults();
        // With the tokenizers that are used here, Hugging Face's pipeline cuts no question either.
        given.integer("max_question_len", 64, 1);
        Settings settings = new Settings(given.integer("top_k", usual.topK, 1), given.integer("doc_stride", -1, 0),
                given.integer("max_answer_len", usual.maxAnswerLen, 1),
                given.integer("max_seq_len", usual.maxSeqLen, 1),
                given.flag("handle_impossible_answer", false), given.flag("align_to_words", true));
        return new QuestionAnswerer(model).job(Parameters.text(fields.get("question"), "question"), context, settings)
                .map(answers -> json(context, answers));
    }

    /** One answer as it is, and several as a list. */
    private static JsonElement json(String context, List<Answer> answers) {
        CodePoints places = new CodePoints(context);
        JsonElement all = Json.array(answers, answer -> Json.object("score", answer.score(),
                "start", places.before(answer.start()), "end", places.before(answer.end()),
                "answer", answer.answer()));
        return answers.size() == 1 ? all.getAsJsonArray().get(0) : all;
    }

    private static String line(JsonElement result) {
        List<JsonElement> answers = result.isJsonArray() ? result.getAsJsonArray().asList() : List.of(result);
        return String.join("\n", answers.stream().map(answer -> Json.rounded(answer.getAsJsonObject().get("score"))
                + "\t" + Json.oneLine(answer.getAsJsonObject().get("answer"))).toList());
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
