package io.demitasse.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/**
 * One thing that the server answers.
 *
 * @param method GET, which answers HEAD too, or POST, which takes JSON
 * @param path as it stands in the address, without a query
 * @param open whether it is answered without the token
 * @param handler reads the body and answers
 */
record Route(String method, String path, boolean open, Handler handler) {

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
    static Route get(String path, Supplier<Response> response) {
        return new Route("GET", path, false, body -> response.get());
    }

    /** Answers what the body asks for. */
    static Route post(String path, Handler handler) {
        return new Route("POST", path, false, handler);
    }

    /** The same, for those without the token too. */
    Route opened() {
        return new Route(method, path, true, handler);
    }
}
