package io.demitasse.serve;

import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.file.Dtype;
import io.demitasse.model.Architecture;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What {@code /info} says: the model, and the limits. */
final class ModelInfo {

    private ModelInfo() {
    }

    /** What the model is called in answers. */
    static String name(ServedModel model, ServerOptions options) {
        return options.servedModelName() == null ? model.name() : options.servedModelName();
    }

    static Map<String, Object> of(ServedModel model, ServerOptions options) {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("model_id", model.name());
        info.put("model_sha", null);
        info.put("model_dtype", dtype(model.dtype()));
        info.put("served_model_name", name(model, options));
        info.put("model_type", type(model));
        info.put("tasks", Tasks.ALL.stream().filter(task -> task.fits(model.model())).map(Task::name).toList());
        info.put("prompts", model.embedder().prompts());
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

    /** As text-embeddings-inference has them; it has no others than classifiers, rerankers and embedders. */
    private static Map<String, Object> type(ServedModel model) {
        Architecture architecture = model.model().config().architecture();
        if (architecture == Architecture.MODEL) {
            return Map.of("embedding", Map.of("pooling", model.embedding().pooling().name().toLowerCase(Locale.ROOT)));
        }
        Map<String, String> id2label = new LinkedHashMap<>();
        Map<String, Integer> label2id = new LinkedHashMap<>();
        for (int i = 0; i < model.labels().size(); i++) {
            id2label.put(String.valueOf(i), model.labels().get(i));
            label2id.put(model.labels().get(i), i);
        }
        Map<String, Object> labels = new LinkedHashMap<>();
        labels.put("id2label", id2label);
        labels.put("label2id", label2id);
        if (Reranking.fits(model)) {
            return Map.of("reranker", labels);
        }
        return Map.of(model.isClassifier() ? "classifier" : architecture.name().toLowerCase(Locale.ROOT), labels);
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
