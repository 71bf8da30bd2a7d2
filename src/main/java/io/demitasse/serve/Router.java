package io.demitasse.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.demitasse.serve.RequestException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** From a request to its endpoint and back: path, method, token, body; then answer, headers, metrics. */
final class Router implements HttpHandler {

    private static final System.Logger LOG = System.getLogger("io.demitasse.serve");
    /** Open without the token: the page holds nothing, and who asks for health often cannot send one. */
    private static final Set<String> OPEN = Set.of("GET /", "GET /health");

    /** Answers a request that has no body to speak of. */
    @FunctionalInterface
    private interface Reading {
        Response answer();
    }

    /** Answers a request with texts. */
    @FunctionalInterface
    private interface Inference {
        Response answer(InferenceRequest request) throws InterruptedException;
    }

    private final Map<String, Reading> gets = new LinkedHashMap<>();
    private final Map<String, Inference> posts = new LinkedHashMap<>();
    private final ServerOptions options;
    private final Bodies bodies;
    private final Metrics metrics;
    private volatile boolean stopping;

    Router(Endpoints endpoints, ServerOptions options, Metrics metrics) {
        this.options = options;
        this.metrics = metrics;
        bodies = new Bodies(options.maxBodyBytes());
        posts.put("/", endpoints::root);
        posts.put("/predict", endpoints::predict);
        posts.put("/embed", endpoints::embed);
        posts.put("/tokenize", endpoints::tokenize);
        if (options.inspections()) {
            posts.put("/inspect", endpoints::inspect);
        }
        gets.put("/", endpoints::page);
        gets.put("/health", endpoints::health);
        gets.put("/info", endpoints::info);
        gets.put("/metrics", endpoints::metrics);
    }

    /** From now on answers say that they are the last on their connection. */
    void stop() {
        stopping = true;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        long start = System.nanoTime();
        metrics.started();
        try (exchange) {
            Response response;
            try {
                response = answer(exchange);
            } catch (RequestException e) {
                response = refuse(exchange, e);
            } catch (RuntimeException | Error | InterruptedException e) {
                LOG.log(Level.ERROR, "a request failed", e);
                response = refuse(exchange, new RequestException(Kind.FAILED, "the server failed to compute this"));
            }
            send(exchange, response);
            metrics.answered(known(exchange), response.status(), System.nanoTime() - start);
        } finally {
            metrics.finished();
        }
    }

    private Response answer(HttpExchange exchange) throws IOException, InterruptedException {
        String path = path(exchange);
        String method = exchange.getRequestMethod().equals("HEAD") ? "GET" : exchange.getRequestMethod();
        if (!gets.containsKey(path) && !posts.containsKey(path)) {
            throw new RequestException(Kind.NOT_FOUND, "no such path: there are " + String.join(", ", gets.keySet())
                    + " to GET and " + String.join(", ", posts.keySet()) + " to POST");
        }
        if (!OPEN.contains(method + " " + path)) {
            authorize(exchange);
        }
        if (method.equals("GET") && gets.containsKey(path)) {
            Bodies.drain(exchange);
            return gets.get(path).answer();
        }
        if (method.equals("POST") && posts.containsKey(path)) {
            try (InputStream body = bodies.open(exchange)) {
                return posts.get(path).answer(InferenceRequest.parse(body, options.maxTexts()));
            }
        }
        throw new RequestException(Kind.METHOD_NOT_ALLOWED, path + " takes " + allowed(path));
    }

    private void authorize(HttpExchange exchange) {
        if (options.token() == null) {
            return;
        }
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        byte[] expected = ("Bearer " + options.token()).getBytes(StandardCharsets.UTF_8);
        // Compared in a time that does not tell how much of it is right.
        if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected)) {
            throw new RequestException(Kind.UNAUTHORIZED, "this server wants a header Authorization: Bearer TOKEN");
        }
    }

    private Response refuse(HttpExchange exchange, RequestException e) throws IOException {
        metrics.error(e.kind());
        Bodies.drain(exchange);
        Response response = Response.error(e);
        return switch (e.kind()) {
            case OVERLOADED, UNHEALTHY -> response.with("Retry-After", 1);
            case UNAUTHORIZED -> response.with("WWW-Authenticate", "Bearer");
            case METHOD_NOT_ALLOWED -> response.with("Allow", allowed(path(exchange)));
            default -> response;
        };
    }

    private void send(HttpExchange exchange, Response response) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", response.contentType());
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Cache-Control", "no-store");
        response.headers().forEach(headers::set);
        if (stopping) {
            headers.set("Connection", "close");
        }
        boolean empty = response.body().length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(response.status(), empty ? -1 : response.body().length);
        if (!empty) {
            exchange.getResponseBody().write(response.body());
        }
    }

    private String allowed(String path) {
        String reading = gets.containsKey(path) ? "GET, HEAD" : "";
        String both = gets.containsKey(path) && posts.containsKey(path) ? ", " : "";
        return reading + both + (posts.containsKey(path) ? "POST" : "");
    }

    /** The path, or a name for all those that are not this server's. */
    private String known(HttpExchange exchange) {
        String path = path(exchange);
        return gets.containsKey(path) || posts.containsKey(path) ? path : "other";
    }

    private static String path(HttpExchange exchange) {
        return String.valueOf(exchange.getRequestURI().getRawPath());
    }
}
