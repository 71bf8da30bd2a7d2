package io.demitasse.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.demitasse.serve.RequestException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** From a request to its route and back: who asks, path, method, token, body; then answer, headers, metrics. */
final class Router implements HttpHandler {

    private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";
    /** How long a browser need not ask again whether it may ask. */
    private static final int PREFLIGHT_SECONDS = 600;

    private final Routes routes;
    private final Guard guard;
    private final Bodies bodies;
    private final AnswerMemory memory = new AnswerMemory(Runtime.getRuntime().maxMemory());
    private final Batcher batcher;
    private final Connections connections;
    private final Metrics metrics;
    private final FailureLog failures = new FailureLog();
    private volatile boolean stopping;

    Router(Routes routes, Guard guard, Bodies bodies, Batcher batcher, Connections connections, Metrics metrics) {
        this.routes = routes;
        this.guard = guard;
        this.bodies = bodies;
        this.batcher = batcher;
        this.connections = connections;
        this.metrics = metrics;
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
            int status = respond(exchange);
            metrics.answered(routes.known(path(exchange)), status, System.nanoTime() - start);
        } finally {
            metrics.finished();
        }
    }

    /** Answers, and gives the status. */
    private int respond(HttpExchange exchange) {
        try {
            return admit(exchange);
        } catch (RequestException e) {
            metrics.error(e.kind());
            if (e.kind() == Kind.GONE) {
                metrics.gone();
            }
            return e.kind().status;
        } catch (IOException e) {
            // It broke off while it was read, or does not take its answer.
            metrics.error(Kind.GONE);
            metrics.gone();
            return Kind.GONE.status;
        }
    }

    private int admit(HttpExchange exchange) throws IOException {
        String origin = null;
        Response response;
        try {
            origin = guard.admit(exchange.getRequestHeaders(), exchange.getRequestURI());
        } catch (RequestException e) {
            return send(exchange, refusal(exchange, e), null);
        }
        if (origin != null && exchange.getRequestMethod().equals("OPTIONS")
                && exchange.getRequestHeaders().containsKey("Access-Control-Request-Method")) {
            return send(exchange, preflight(exchange), origin);
        }
        try {
            return answer(exchange, origin);
        } catch (RequestException e) {
            if (e.kind() == Kind.GONE) {
                throw e;
            }
            response = refusal(exchange, e);
        } catch (InterruptedException e) {
            // The server's grace is over.
            response = refusal(exchange, new RequestException(Kind.UNHEALTHY, "the server is stopping"));
        } catch (RuntimeException | Error e) {
            failures.log(exchange.getRequestMethod() + " " + routes.known(path(exchange)), e);
            response = refusal(exchange, FailureLog.isOutOfMemory(e)
                    ? new RequestException(Kind.UNHEALTHY, "the server has too little memory for this now: try again later")
                    : new RequestException(Kind.FAILED, "the server failed to compute this"));
        }
        return send(exchange, response, origin);
    }

    private int answer(HttpExchange exchange, @Nullable String origin) throws IOException, InterruptedException {
        Route route = routes.find(exchange.getRequestMethod(), path(exchange));
        if (!route.open()) {
            guard.authorize(exchange.getRequestHeaders());
        }
        Answer answer;
        if (route.method().equals("POST")) {
            guard.checkType(exchange.getRequestHeaders());
            try (InputStream body = bodies.open(exchange.getRequestBody())) {
                answer = route.handler().answer(body);
            }
        } else {
            Bodies.drain(exchange);
            answer = route.handler().answer(InputStream.nullInputStream());
        }
        if (answer instanceof Deferred deferred) {
            try (AnswerMemory.Lease lease = memory.take(deferred.bytes())) {
                return send(exchange, deferred.response().get(), origin);
            }
        }
        if (answer instanceof Job<?, ?> job) {
            try (AnswerMemory.Lease lease = memory.take(job.bytes())) {
                return send(exchange, job.run(batcher, gone(exchange)), origin);
            }
        }
        return send(exchange, (Response) answer, origin);
    }

    private BooleanSupplier gone(HttpExchange exchange) {
        return () -> connections.gone(exchange.getRemoteAddress());
    }

    private Response refusal(HttpExchange exchange, RequestException e) throws IOException {
        metrics.error(e.kind());
        Bodies.drain(exchange);
        Response response = Response.error(e);
        return switch (e.kind()) {
            case OVERLOADED, UNHEALTHY -> response.with("Retry-After", 1);
            case UNAUTHORIZED -> response.with("WWW-Authenticate", "Bearer");
            case METHOD_NOT_ALLOWED -> response.with("Allow", routes.allowed(path(exchange)));
            default -> response;
        };
    }

    /** Tells a browser that a page of an allowed origin may ask. */
    private static Response preflight(HttpExchange exchange) throws IOException {
        Bodies.drain(exchange);
        Response response = Response.empty(204).with("Access-Control-Allow-Methods", "GET, HEAD, POST")
                .with("Access-Control-Allow-Headers", "authorization, content-type")
                .with("Access-Control-Max-Age", PREFLIGHT_SECONDS);
        return "true".equals(exchange.getRequestHeaders().getFirst("Access-Control-Request-Private-Network"))
                ? response.with("Access-Control-Allow-Private-Network", "true") : response;
    }

    private int send(HttpExchange exchange, Response response, @Nullable String origin) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", response.contentType());
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Cache-Control", "no-store");
        response.headers().forEach(headers::set);
        if (origin != null) {
            headers.set(ALLOW_ORIGIN, origin);
            headers.set("Access-Control-Expose-Headers", "x-compute-tokens, x-truncated-inputs, retry-after");
            headers.set("Vary", "Origin");
        }
        if (stopping) {
            headers.set("Connection", "close");
        }
        boolean empty = response.body().length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(response.status(), empty ? -1 : response.body().length);
        if (!empty) {
            exchange.getResponseBody().write(response.body());
        }
        return response.status();
    }

    private static String path(HttpExchange exchange) {
        return String.valueOf(exchange.getRequestURI().getRawPath());
    }
}
