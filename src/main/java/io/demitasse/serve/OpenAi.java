package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.TextEmbedder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Vectors in the shape of OpenAI's API, always of length 1. */
final class OpenAi {

    private static final String FORMAT = "encoding_format";
    private static final String FLOAT = "float";
    private static final String BASE64 = "base64";

    static final List<Field> FIELDS = List.of(
            Field.inputs("input", "A text, its token ids (special tokens included), or a list of either"),
            Field.text("model", "", "Of no matter: there is one model"),
            Field.text(FORMAT, FLOAT, "float, or base64 of little-endian float32"),
            Field.integer(EmbeddingService.DIMENSIONS, "Keep the first numbers of a vector (Matryoshka)"));

    private final Answers answers;
    private final EmbeddingService embeddings;
    private final String modelName;

    OpenAi(Answers answers, EmbeddingService embeddings, String modelName) {
        this.answers = answers;
        this.embeddings = embeddings;
        this.modelName = modelName;
    }

    static JsonObject response() {
        JsonObject vector = Schemas.object("object", Schemas.text(), "index", Schemas.integer(),
                "embedding", Schemas.any(Schemas.array(Schemas.number()), Schemas.text()));
        return Schemas.object("object", Schemas.text(), "data", Schemas.array(vector), "model", Schemas.text(),
                "usage", Schemas.object("prompt_tokens", Schemas.integer(), "total_tokens", Schemas.integer()));
    }

    static JsonObject modelsResponse() {
        return Schemas.object("object", Schemas.text(), "data", Schemas.array(Schemas.object("id", Schemas.text(),
                "object", Schemas.text(), "created", Schemas.integer(), "owned_by", Schemas.text())));
    }

    /** {@code POST /v1/embeddings} */
    Answer embeddings(InferenceRequest request) {
        String format = request.has(FORMAT) ? request.text(FORMAT) : FLOAT;
        if (!format.equals(FLOAT) && !format.equals(BASE64)) {
            throw RequestReader.malformed("\"" + FORMAT + "\" is neither float nor base64");
        }
        Texts texts = embeddings.encode(request);
        TextEmbedder.Settings settings = embeddings.settings(request).withNormalize(true);
        return answers.of(embeddings.job(texts, settings), texts.truncated(), EmbeddingService.bytes(texts, settings),
                vectors -> Response.json(body(vectors, format.equals(BASE64), texts.tokens())));
    }

    private Map<String, Object> body(List<float[]> vectors, boolean base64, int tokens) {
        List<Map<String, Object>> data = new ArrayList<>();
        for (float[] vector : vectors) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("object", "embedding");
            one.put("index", data.size());
            one.put("embedding", base64 ? base64(vector) : vector);
            data.add(one);
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("object", "list");
        body.put("data", data);
        body.put("model", modelName);
        body.put("usage", Map.of("prompt_tokens", tokens, "total_tokens", tokens));
        return body;
    }

    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** {@code GET /v1/models}: what clients look at to see whether the server is there. */
    Response models() {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("id", modelName);
        one.put("object", "model");
        one.put("created", 0);
        one.put("owned_by", "demitasse");
        return Response.json(Map.of("object", "list", "data", List.of(one)));
    }
}
