package io.demitasse.serve;

import io.demitasse.Classification;
import io.demitasse.serve.RequestException.Kind;
import io.demitasse.tokenizer.Encoding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/** What each path answers, in the shapes of text-embeddings-inference. */
final class Endpoints {

    /** The pages let the browser talk to this server and nobody else. */
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    /** Scores that are computed together, 8 bytes each. */
    private static final int SCORES = 1 << 20;
    /** What a number of a vector takes: itself, and written, three times while it grows. */
    private static final int NUMBER_BYTES = 4 + 3 * 13;

    /** What happens to a request's texts. */
    @FunctionalInterface
    private interface Texts {
        Answer answer(InferenceRequest request);
    }

    private final ServedModel model;
    private final ServerOptions options;
    private final Metrics metrics;
    private final Work<int[], Classification> classify;
    private final Work<int[], float[]> embed;
    private final Work<int[], float[]> embedNormalized;
    private final long scoresBytes;     // of a text's answer
    private final Inspections inspections;
    private final byte[] page = resource("page.html");
    private final byte[] info;

    Endpoints(ServedModel model, ServerOptions options, Metrics metrics) {
        this.model = model;
        this.options = options;
        this.metrics = metrics;
        List<String> labels = model.isClassifier() ? model.labels() : List.of();
        scoresBytes = Predictions.bytes(labels);
        classify = Work.of(ids -> ids.length, Math.max(1, SCORES / Math.max(1, labels.size())), model::classify);
        embed = Work.of(ids -> ids.length, Integer.MAX_VALUE, model::embed);
        embedNormalized = Work.of(ids -> ids.length, Integer.MAX_VALUE, model::embedNormalized);
        inspections = new Inspections(model, Runtime.getRuntime().maxMemory());
        info = Response.json(ModelInfo.of(model, options)).body();
    }

    /** All that this server answers. */
    List<Route> routes() {
        List<Route> routes = new ArrayList<>(List.of(
                // The page holds nothing, and who asks for health often cannot send a token.
                Route.get("/", () -> html(page)).opened(),
                Route.get("/health", () -> Response.text("text/plain; charset=utf-8", "")).opened(),
                Route.get("/info", () -> Response.json(info)),
                Route.get("/metrics", () -> Response.text("text/plain; version=0.0.4; charset=utf-8", metrics.text())),
                post("/", this::root),
                post("/predict", request -> predict(request, request.isSingle())),
                post("/embed", this::embed),
                post("/tokenize", this::tokenize)));
        if (options.inspections()) {
            routes.add(post("/inspect", this::inspect));
        }
        return routes;
    }

    private Route post(String path, Texts texts) {
        return Route.post(path, body -> texts.answer(InferenceRequest.parse(body, options.maxTexts())));
    }

    /**
     * {@code POST /}: what Hugging Face's inference clients call. For a classifier it is {@code /predict}, but with a
     * list of lists for a string too, as these clients expect; for another model it is {@code /embed}.
     */
    private Answer root(InferenceRequest request) {
        return model.isClassifier() ? predict(request, false) : embed(request);
    }

    /** {@code POST /predict}: a list of predictions for a string, a list of such lists for a list of texts. */
    private Answer predict(InferenceRequest request, boolean flat) {
        checkClassifier();
        Predictions predictions = new Predictions(model.labels(), request.flag("raw_scores", false));
        return job(classify, encode(request), scoresBytes,
                results -> Response.json(predictions.json(results, flat)));
    }

    private void checkClassifier() {
        if (!model.isClassifier()) {
            throw new RequestException(Kind.UNSUPPORTED, "this model has no classification head: POST to /embed");
        }
    }

    /** {@code POST /embed}: a list of vectors. */
    private Answer embed(InferenceRequest request) {
        singles(request);
        return job(request.flag("normalize", true) ? embedNormalized : embed, encode(request),
                (long) NUMBER_BYTES * model.dim(), Response::json);
    }

    /** {@code POST /tokenize}: a list of lists of tokens. */
    private Answer tokenize(InferenceRequest request) {
        singles(request);
        boolean added = request.flag("add_special_tokens", true);
        return new Deferred(TokenLists.bytes(request.inputs()),
                () -> TokenLists.of(request.inputs(), model.tokenizer(), added));
    }

    /** {@code POST /inspect}: the page that shows how a text came to its label. */
    private Answer inspect(InferenceRequest request) {
        checkClassifier();
        singles(request);
        if (request.inputs().size() > 1) {
            throw new RequestException(Kind.TOO_MANY_TEXTS, "\"inputs\" has more than 1 text, which is inspected at a time");
        }
        return html(inspections.page(request.inputs().get(0).text(), encode(request).get(0).size()));
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

    /** @param bytes about how much memory the answer to one text takes */
    private <R> Job<int[], R> job(Work<int[], R> work, List<Encoding> encodings, long bytes,
                                  Function<List<R>, Response> respond) {
        int tokens = encodings.stream().mapToInt(Encoding::size).sum();
        int truncated = (int) encodings.stream().filter(Encoding::truncated).count();
        return new Job<>(work, encodings.stream().map(Encoding::ids).toList(), bytes * encodings.size(), results -> {
            metrics.truncated(truncated);
            Response response = respond.apply(results).with("x-compute-tokens", tokens);
            return truncated == 0 ? response : response.with("x-truncated-inputs", truncated);
        });
    }

    private static byte[] resource(String name) {
        try (InputStream in = Endpoints.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
