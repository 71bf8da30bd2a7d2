package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.serve.RequestException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing that the server answers.
 *
 * @param method GET, which answers HEAD too, or POST, which takes JSON
 * @param path as it stands in the address, without a query
 * @param open whether it is answered without the token
 * @param description for {@code /api-doc/openapi.json}; null for what this model does not do, and refuses
 * @param handler reads the body and answers
 */
record Route(String method, String path, boolean open, @Nullable Description description, Handler handler) {

    /**
     * What a route is good for.
     *
     * @param summary a sentence without its full stop
     * @param fields what a body may hold; it is read by this very list
     * @param contentType of the answer
     * @param response the schema of the answer
     */
    record Description(String summary, List<Field> fields, String contentType, JsonObject response) {
    }

    /** Reads what it needs of a body. */
    @FunctionalInterface
    interface Handler {
        /**
         * Answers, or says what is to be computed first.
         *
         * @throws RequestException if it is not answered as its sender hoped
         * @throws IOException if the body cannot be read
         */
        Answer answer(InputStream body) throws IOException;
    }

    /** Answers without looking at a body. */
    static Route get(String path, String summary, String contentType, JsonObject schema, Supplier<Response> response) {
        return new Route("GET", path, false, new Description(summary, List.of(), contentType, schema),
                body -> response.get());
    }

    /** Answers what the body asks for. */
    static Route post(String path, Description description, int maxTexts, Function<InferenceRequest, Answer> handler) {
        return new Route("POST", path, false, description, body ->
                handler.apply(InferenceRequest.parse(body, description.fields, maxTexts)));
    }

    /** What this model does not do; the message says where to go instead. */
    static Route refusing(String path, String message) {
        return new Route("POST", path, false, null, body -> {
            throw new RequestException(Kind.UNSUPPORTED, message);
        });
    }

    /** The same, for those without the token too. */
    Route opened() {
        return new Route(method, path, true, description, handler);
    }
}
