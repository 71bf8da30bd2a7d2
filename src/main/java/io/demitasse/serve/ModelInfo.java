package io.demitasse.serve;

import io.demitasse.file.Dtype;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What {@code /info} says: the model, and the limits. */
final class ModelInfo {

    private ModelInfo() {
    }

    static Map<String, Object> of(ServedModel model, ServerOptions options) {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("model_id", model.name());
        info.put("model_sha", null);
        info.put("model_dtype", dtype(model.dtype()));
        info.put("model_type", type(model));
        info.put("max_concurrent_requests", InferenceServer.THREADS);
        info.put("max_input_length", model.tokenizer().settings().maxLength());
        info.put("max_batch_tokens", options.batchTokens());
        info.put("max_batch_requests", null);
        info.put("max_client_batch_size", options.maxTexts());
        info.put("max_inspect_length", options.inspections() && model.isClassifier() ? Inspections.MOST_TOKENS : null);
        info.put("auto_truncate", true);
        info.put("tokenization_workers", InferenceServer.THREADS);
        info.put("version", ModelInfo.class.getPackage().getImplementationVersion());
        info.put("sha", null);
        info.put("docker_label", null);
        return info;
    }

    private static Map<String, Object> type(ServedModel model) {
        if (!model.isClassifier()) {
            return Map.of("embedding", Map.of("pooling", model.pooling().name().toLowerCase(Locale.ROOT)));
        }
        Map<String, String> id2label = new LinkedHashMap<>();
        Map<String, Integer> label2id = new LinkedHashMap<>();
        for (int i = 0; i < model.labels().size(); i++) {
            id2label.put(String.valueOf(i), model.labels().get(i));
            label2id.put(model.labels().get(i), i);
        }
        Map<String, Object> classifier = new LinkedHashMap<>();
        classifier.put("id2label", id2label);
        classifier.put("label2id", label2id);
        return Map.of("classifier", classifier);
    }

    private static String dtype(Dtype dtype) {
        return switch (dtype) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case I8, U8 -> "int8";
        };
    }
}
