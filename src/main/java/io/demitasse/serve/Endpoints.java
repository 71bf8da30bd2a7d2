package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.Input;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.serve.RequestException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/** What each path answers: in the shapes of text-embeddings-inference, of Hugging Face's clients, and of OpenAI's. */
final class Endpoints {

    /** The pages let the browser talk to this server and nobody else. */
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private final ServedModel model;
    private final ServerOptions options;
    private final Metrics metrics;
    private final EmbeddingService embeddings;
    private final Service similarity;
    private final Services services;
    private final Reranking reranking;
    private final OpenAi openAi;
    private final Inspections inspections;
    private final byte[] page = resource("page.html");
    private final byte[] docs = resource("docs.html");
    private final byte[] info;
    private final byte[] openApi;
    private final List<Route> routes = new ArrayList<>();

    Endpoints(ServedModel model, ServerOptions options, Metrics metrics) {
        this.model = model;
        this.options = options;
        this.metrics = metrics;
        Answers answers = new Answers(model, metrics);
        String name = ModelInfo.name(model, options);
        embeddings = new EmbeddingService(answers);
        similarity = embeddings.similarity();
        services = Services.of(answers, embeddings, similarity);
        reranking = new Reranking(answers, name);
        openAi = new OpenAi(answers, embeddings, name);
        inspections = new Inspections(model, Runtime.getRuntime().maxMemory());
        info = Response.json(ModelInfo.of(model, options)).body();
        addPages();
        addTasks();
        addEmbeddings();
        addRankings();
        addTokens();
        // It describes itself, too.
        byte[][] description = new byte[1][];
        routes.add(Route.get("/api-doc/openapi.json", "This description", JSON, Schemas.of("object"),
                () -> Response.json(description[0])).opened());
        openApi = Response.json(OpenApi.of(routes, model, options)).body();
        description[0] = openApi;
    }

    /** All that this server answers. */
    List<Route> routes() {
        return routes;
    }

    /** The pages hold nothing, and who asks for health often cannot send a token. */
    private void addPages() {
        routes.add(Route.get("/", "A page to type on", HTML, Schemas.text(), () -> html(page)).opened());
        routes.add(Route.get("/docs", "A page to read this description on", HTML, Schemas.text(), () -> html(docs)).opened());
        for (String path : new String[] {"/health", "/ping"}) {
            routes.add(Route.get(path, "Whether the server is there", PLAIN, Schemas.text(),
                    () -> Response.text(PLAIN, "")).opened());
        }
        routes.add(Route.get("/info", "The model, and the limits", JSON, Schemas.of("object"), () -> Response.json(info)));
        routes.add(Route.get("/metrics", "What has happened so far, for Prometheus", METRICS, Schemas.text(),
                () -> Response.text(METRICS, metrics.text())));
        routes.add(Route.get("/v1/models", "The model, as OpenAI lists models", JSON, OpenAi.modelsResponse(),
                openAi::models));
    }

    private void addTasks() {
        Service own = services.own();
        for (String path : new String[] {"/", "/invocations", "/predict"}) {
            // TEI answers a text by itself with a list at /predict; Hugging Face's clients want a list of lists.
            boolean flat = path.equals("/predict");
            post(path, own.description() + " (" + own.name() + ")"
                    + (services.byShape().size() > 1 ? "; or another task of the model, if the inputs or parameters are its" : ""),
                    services.fields(), services.response(), request -> services.answer(request, flat));
        }
        for (Task task : Tasks.ALL) {
            String path = "/" + task.name();
            Service service = services.named(task.name());
            if (service == null) {
                routes.add(Route.refusing(path, "this model is for " + own.name() + ", not for " + task.name()
                        + ": POST to / or /" + own.name()));
            } else {
                post(path, service.description(), withInputs(service), service.response(),
                        request -> service.answer(request, false));
            }
        }
        if (options.inspections() && model.isClassifier()) {
            routes.add(Route.post("/inspect", new Route.Description("A page that shows how a text came to its label",
                    List.of(Field.inputs(Field.INPUTS, "A text")), HTML, Schemas.text()), options.maxTexts(),
                    this::inspect));
        } else if (options.inspections()) {
            routes.add(Route.refusing("/inspect", "this model puts no labels on texts: POST to /"));
        }
    }

    private void addEmbeddings() {
        post("/embed", embeddings.description(), withInputs(embeddings), embeddings.response(),
                request -> embeddings.answer(request, false));
        List<Field> fields = new ArrayList<>(List.of(Field.inputs(Field.INPUTS, embeddings.input())));
        fields.addAll(EmbeddingService.fieldsOfTokens());
        post("/embed_all", "A vector for each token of each text", fields, Schemas.array(embeddings.response()),
                embeddings::tokens);
        post("/similarity", similarity.description(), withInputs(similarity), similarity.response(),
                request -> similarity.answer(request, false));
        for (String path : new String[] {"/v1/embeddings", "/embeddings"}) {
            post(path, "A vector for each text, in OpenAI's shape", OpenAi.FIELDS, OpenAi.response(), openAi::embeddings);
        }
    }

    private void addRankings() {
        if (!Reranking.fits(model)) {
            for (String path : new String[] {"/rerank", "/v1/rerank", "/v2/rerank"}) {
                routes.add(Route.refusing(path, "this model is for " + services.own().name()
                        + ", and no cross-encoder with one label: POST to /, or to /similarity"));
            }
            return;
        }
        post("/rerank", "Texts from the best answer to a query to the worst", Reranking.FIELDS, Reranking.response(),
                reranking::rerank);
        for (String path : new String[] {"/v1/rerank", "/v2/rerank"}) {
            post(path, "The same, in Cohere's and Jina's shape", Reranking.COHERE_FIELDS, Reranking.cohereResponse(),
                    reranking::cohere);
        }
    }

    private void addTokens() {
        post("/tokenize", "The tokens of each text", List.of(Field.inputs(Field.INPUTS, "A text, or a list of texts"),
                Field.flag("add_special_tokens", "true", "List [CLS] and [SEP], too")), TokenLists.response(), this::tokenize);
        post("/decode", "The texts of token ids", List.of(new Field("ids", Field.Kind.IDS, true, "",
                "Token ids, or a list of such lists"), Field.flag("skip_special_tokens", "true", "Leave out [CLS] and the "
                + "like")), Schemas.array(Schemas.text()), request -> TokenLists.decode(request.ids(), model.tokenizer(),
                request.flag("skip_special_tokens", true)));
    }

    private Answer tokenize(InferenceRequest request) {
        List<String> texts = request.inputs().stream().map(Item::text).toList();
        boolean added = request.flag("add_special_tokens", true);
        return new Deferred(TokenLists.bytes(texts), () -> TokenLists.of(texts, model.tokenizer(), added));
    }

    private void post(String path, String summary, List<Field> fields, JsonObject response,
                      Function<InferenceRequest, Answer> handler) {
        routes.add(Route.post(path, new Route.Description(summary, fields, JSON, response), options.maxTexts(), handler));
    }

    private static List<Field> withInputs(Service service) {
        return Services.withInputs(service.input(), service.fields());
    }

    /** {@code POST /inspect}: the page that shows how a text came to its label. */
    private Answer inspect(InferenceRequest request) {
        if (request.inputs().size() > 1) {
            throw new RequestException(Kind.TOO_MANY_TEXTS, "\"inputs\" has more than 1 text, which is inspected at a time");
        }
        String text = request.inputs().get(0).text();
        Texts encoded = Texts.encode(model, request, List.of(new Texts.Placed(Field.INPUTS, Input.of(text))));
        return html(inspections.page(text, encoded.tokens()));
    }

    private static Response html(byte[] page) {
        return new Response(200, HTML, new LinkedHashMap<>(), page).with("Content-Security-Policy", POLICY);
    }

    private static byte[] resource(String name) {
        try (InputStream in = Endpoints.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
