package io.demitasse.serve;

import io.demitasse.Classification;
import io.demitasse.file.Dtype;
import io.demitasse.serve.RequestException.Kind;
import io.demitasse.tokenizer.Encoding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What each path answers, in the shapes of text-embeddings-inference. */
final class Endpoints {

    /** The most tokens that {@code /tokenize} lists for one request. */
    private static final int MOST_TOKENS_LISTED = 16_384;

    /** The longest text that {@code /inspect} shows; all its intermediates are kept until the page is written. */
    private static final int MOST_TOKENS_INSPECTED = 128;
    /** The pages let the browser talk to this server and nobody else. */
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** A label and its probability, or its logit if those were asked for. */
    private record Prediction(float score, String label) {
    }

    /** A token as {@code /tokenize} lists it; offsets count code points, and the added tokens have none. */
    private record Token(int id, String text, boolean special, @Nullable Integer start, @Nullable Integer stop) {
    }

    private final ServedModel model;
    private final ServerOptions options;
    private final Metrics metrics;
    private final Batcher batcher;
    private final Batcher.Work<Classification> classify;
    private final Batcher.Work<float[]> embed;
    private final Batcher.Work<float[]> embedNormalized;
    private final Semaphore inspections = new Semaphore(1);
    private final byte[] page;

    Endpoints(ServedModel model, ServerOptions options, Metrics metrics, Batcher batcher) {
        this.model = model;
        this.options = options;
        this.metrics = metrics;
        this.batcher = batcher;
        classify = model::classify;
        embed = model::embed;
        embedNormalized = model::embedNormalized;
        page = resource("page.html");
    }

    /** {@code POST /predict}: a list of predictions for a string, a list of such lists for a list of texts. */
    Response predict(InferenceRequest request) throws InterruptedException {
        return predict(request, request.isSingle());
    }

    /**
     * {@code POST /}: what Hugging Face's inference clients call. For a classifier it is {@code /predict}, but with a
     * list of lists for a string too, as these clients expect; for another model it is {@code /embed}.
     */
    Response root(InferenceRequest request) throws InterruptedException {
        return model.isClassifier() ? predict(request, false) : embed(request);
    }

    private Response predict(InferenceRequest request, boolean flat) throws InterruptedException {
        checkClassifier();
        List<Encoding> encodings = encode(request);
        boolean rawScores = request.flag("raw_scores", false);
        List<List<Prediction>> predictions = new ArrayList<>();
        for (Classification result : batcher.compute(classify, ids(encodings))) {
            predictions.add(predictions(result, rawScores));
        }
        return computed(encodings, flat ? predictions.get(0) : predictions);
    }

    private void checkClassifier() {
        if (!model.isClassifier()) {
            throw new RequestException(Kind.UNSUPPORTED, "this model has no classification head: POST to /embed");
        }
    }

    private List<Prediction> predictions(Classification result, boolean rawScores) {
        List<String> labels = model.labels();
        float[] logits = result.logits();
        List<Float> scores = List.copyOf(result.scores().values());
        return IntStream.range(0, labels.size())
                .mapToObj(i -> new Prediction(rawScores ? logits[i] : scores.get(i), labels.get(i)))
                .sorted(Comparator.comparing(Prediction::score).reversed()).toList();
    }

    /** {@code POST /embed}: a list of vectors. */
    Response embed(InferenceRequest request) throws InterruptedException {
        singles(request);
        List<Encoding> encodings = encode(request);
        return computed(encodings,
                batcher.compute(request.flag("normalize", true) ? embedNormalized : embed, ids(encodings)));
    }

    /** {@code POST /tokenize}: a list of lists of tokens, never truncated. */
    Response tokenize(InferenceRequest request) {
        singles(request);
        boolean added = request.flag("add_special_tokens", true);
        List<List<Token>> lists = new ArrayList<>();
        int room = MOST_TOKENS_LISTED;
        for (Input input : request.inputs()) {
            Encoding encoding = model.tokenizer().encode(input.text(), room + 2);
            room -= encoding.size() - 2;
            if (encoding.truncated()) {
                throw new RequestException(Kind.TOO_LARGE, "\"inputs\" has more than " + MOST_TOKENS_LISTED
                        + " tokens, the most that are listed for a request");
            }
            lists.add(tokens(input.text(), encoding, added));
        }
        return Response.json(lists);
    }

    private static List<Token> tokens(String text, Encoding encoding, boolean added) {
        List<Token> tokens = new ArrayList<>();
        int place = 0;      // in UTF-16 units; spans come in order, so code points are counted once
        int codePoints = 0;
        for (int i = 0; i < encoding.size(); i++) {
            boolean special = i == 0 || i == encoding.size() - 1;
            if (special) {
                if (added) {
                    tokens.add(new Token(encoding.id(i), encoding.token(i), true, null, null));
                }
                continue;
            }
            String part = text.substring(encoding.start(i), encoding.end(i));
            if (encoding.start(i) < place) {
                place = 0;
                codePoints = 0;
            }
            codePoints += text.codePointCount(place, encoding.start(i));
            place = encoding.start(i);
            tokens.add(new Token(encoding.id(i), part, false, codePoints,
                    codePoints + part.codePointCount(0, part.length())));
        }
        return tokens;
    }

    /** {@code POST /inspect}: the page that shows how a text came to its label. */
    Response inspect(InferenceRequest request) {
        checkClassifier();
        singles(request);
        if (request.inputs().size() > 1) {
            throw new RequestException(Kind.TOO_MANY_TEXTS, "\"inputs\" has more than 1 text, which is inspected at a time");
        }
        int tokens = encode(request).get(0).size();
        if (tokens > MOST_TOKENS_INSPECTED) {
            throw new RequestException(Kind.TOO_LARGE, "\"inputs\" has " + tokens + " tokens; at most "
                    + MOST_TOKENS_INSPECTED + " are inspected here, and more by the command line's inspect");
        }
        // They do not share batches, and their memory is many times that of a prediction.
        if (!inspections.tryAcquire()) {
            throw new RequestException(Kind.OVERLOADED, "another text is being inspected: try again later");
        }
        try {
            return html(model.inspect(request.inputs().get(0).text()));
        } finally {
            inspections.release();
        }
    }

    /** {@code GET /health}. */
    Response health() {
        return Response.text("text/plain; charset=utf-8", "");
    }

    /** {@code GET /info}: the model, and the limits. */
    Response info() {
        Map<String, Object> type = new LinkedHashMap<>();
        if (model.isClassifier()) {
            Map<String, String> id2label = new LinkedHashMap<>();
            Map<String, Integer> label2id = new LinkedHashMap<>();
            for (int i = 0; i < model.labels().size(); i++) {
                id2label.put(String.valueOf(i), model.labels().get(i));
                label2id.put(model.labels().get(i), i);
            }
            type.put("classifier", Map.of("id2label", id2label, "label2id", label2id));
        } else {
            type.put("embedding", Map.of("pooling", model.pooling().name().toLowerCase(Locale.ROOT)));
        }
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("model_id", model.name());
        info.put("model_sha", null);
        info.put("model_dtype", dtype(model.dtype()));
        info.put("model_type", type);
        info.put("max_concurrent_requests", InferenceServer.THREADS);
        info.put("max_input_length", model.tokenizer().settings().maxLength());
        info.put("max_batch_tokens", options.batchTokens());
        info.put("max_batch_requests", null);
        info.put("max_client_batch_size", options.maxTexts());
        info.put("max_inspect_length", options.inspections() && model.isClassifier() ? MOST_TOKENS_INSPECTED : null);
        info.put("auto_truncate", true);
        info.put("tokenization_workers", InferenceServer.THREADS);
        info.put("version", Endpoints.class.getPackage().getImplementationVersion());
        info.put("sha", null);
        info.put("docker_label", null);
        return Response.json(info);
    }

    private static String dtype(Dtype dtype) {
        return switch (dtype) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case I8, U8 -> "int8";
        };
    }

    /** {@code GET /metrics}. */
    Response metrics() {
        return Response.text("text/plain; version=0.0.4; charset=utf-8", metrics.text());
    }

    /** {@code GET /}: a page to try the model on. */
    Response page() {
        return html(page);
    }

    private static Response html(byte[] page) {
        return new Response(200, "text/html; charset=utf-8", new LinkedHashMap<>(), page)
                .with("Content-Security-Policy", POLICY);
    }

    private static void singles(InferenceRequest request) {
        for (int i = 0; i < request.inputs().size(); i++) {
            if (request.inputs().get(i).pair() != null) {
                throw new RequestException(Kind.MALFORMED, "\"inputs[" + i + "]\" is a pair, not a string");
            }
        }
    }

    private List<Encoding> encode(InferenceRequest request) {
        List<Encoding> encodings = request.inputs().stream().map(model::encode).toList();
        if (!request.flag("truncate", true)) {
            for (int i = 0; i < encodings.size(); i++) {
                checkWhole(request.isSingle() ? "inputs" : "inputs[" + i + "]", encodings.get(i));
            }
        }
        return encodings;
    }

    private static void checkWhole(String where, Encoding encoding) {
        if (encoding.truncated()) {
            throw new RequestException(Kind.TOO_LARGE, "\"" + where + "\" has "
                    + ((long) encoding.size() + encoding.tokensCut()) + " tokens, but the model reads at most "
                    + encoding.size());
        }
    }

    private static List<int[]> ids(List<Encoding> encodings) {
        return encodings.stream().map(Encoding::ids).toList();
    }

    private Response computed(List<Encoding> encodings, Object body) {
        int truncated = (int) encodings.stream().filter(Encoding::truncated).count();
        metrics.truncated(truncated);
        Response response = Response.json(body)
                .with("x-compute-tokens", encodings.stream().mapToInt(Encoding::size).sum());
        return truncated == 0 ? response : response.with("x-truncated-inputs", truncated);
    }

    private static byte[] resource(String name) {
        try (InputStream in = Endpoints.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
