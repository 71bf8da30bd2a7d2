package io.demitasse.serve;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** An answer: status, headers beyond the usual, body. */
record Response(int status, String contentType, Map<String, String> headers, byte[] body) implements Answer {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    static Response json(Object value) {
        return json(200, value);
    }

    static Response text(String contentType, String body) {
        return new Response(200, contentType, new LinkedHashMap<>(), body.getBytes(StandardCharsets.UTF_8));
    }

    /** An answer without anything in it. */
    static Response empty(int status) {
        return new Response(status, "text/plain; charset=utf-8", new LinkedHashMap<>(), new byte[0]);
    }

    /** JSON that has been written already. */
    static Response json(byte[] body) {
        return new Response(200, "application/json", new LinkedHashMap<>(), body);
    }

    static Response error(RequestException e) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put("error", e.getMessage());
        body.put("error_type", e.kind().errorType);
        return json(e.kind().status, body);
    }

    Response with(String header, Object value) {
        headers.put(header, value.toString());
        return this;
    }

    private static Response json(int status, Object value) {
        return new Response(status, "application/json", new LinkedHashMap<>(),
                GSON.toJson(value).getBytes(StandardCharsets.UTF_8));
    }
}
