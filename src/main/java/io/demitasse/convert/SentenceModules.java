package io.demitasse.convert;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.JsonFiles;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.SafetensorsFolder;
import io.demitasse.file.StoredTensor;
import io.demitasse.file.TensorPart;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What sentence-transformers write beside a model: modules.json and each module's own files. */
final class SentenceModules implements Closeable {

    static final String MODULES = "modules.json";
    private static final String CONFIG = "config_sentence_transformers.json";
    private static final String PACKAGE = "sentence_transformers.";
    private static final List<String> KINDS = List.of("Transformer", "Pooling", "Dense", "Normalize");
    private static final int LARGEST = 1 << 24;

    /** The first of these that exists is the transformer module's own. */
    private static final List<String> TRANSFORMER_CONFIGS = Stream.of("bert", "roberta", "distilbert", "camembert",
            "albert", "xlm-roberta", "xlnet").map(name -> "sentence_" + name + "_config.json").toList();

    /** pooling_mode of today and the keys of older files; what is not computed here has no name of its own. */
    private static final Map<String, String> POOLING_KEYS = ordered("cls", "pooling_mode_cls_token",
            "max", "pooling_mode_max_tokens", "mean", "pooling_mode_mean_tokens",
            "mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens",
            "weightedmean", "pooling_mode_weightedmean_tokens", "lasttoken", "pooling_mode_lasttoken");
    private static final Map<String, String> POOLINGS = ordered("cls", "cls", "max", "max", "mean", "mean",
            "mean_sqrt_len_tokens", "mean_sqrt_len");

    /** Classes of torch.nn, which a file may also name by the module that holds them. */
    private static final Map<String, String> DENSE_ACTIVATIONS = ordered("Identity", "identity", "Tanh", "tanh",
            "ReLU", "relu", "GELU", "gelu", "Sigmoid", "sigmoid", "SiLU", "silu");
    private static final Map<String, String> CROSS_ENCODER_ACTIVATIONS = ordered(
            "Identity", "torch.nn.modules.linear.Identity", "Sigmoid", "torch.nn.modules.activation.Sigmoid");
    private static final List<String> TORCH = List.of("torch.nn.modules.activation.", "torch.nn.modules.linear.",
            "torch.nn.");

    private record Module(String kind, Path folder) {
    }

    private final Path folder;
    private final List<SafetensorsFolder> weights = new ArrayList<>();
    private final List<TensorPart> dense = new ArrayList<>();
    private Path transformer;
    private @Nullable JsonObject header;
    private @Nullable String activation;
    private @Nullable Integer maxSeqLength;
    private boolean lowerCase;
    private Path poolingConfig;
    private String poolingKey = "embedding_dimension";
    private @Nullable JsonElement poolingDim;

    private SentenceModules(Path folder) {
        this.folder = folder;
        this.transformer = folder;
        this.poolingConfig = folder;
    }

    /** Null for a folder without modules.json. */
    static @Nullable SentenceModules read(Path folder) {
        if (!Files.exists(folder.resolve(MODULES))) {
            return null;
        }
        SentenceModules modules = new SentenceModules(folder);
        try {
            modules.read();
            return modules;
        } catch (RuntimeException e) {
            modules.close();
            throw e;
        }
    }

    private static Map<String, String> ordered(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** Where the model itself is. */
    Path transformer() {
        return transformer;
    }

    /** What the flat file keeps; null for a cross-encoder. */
    @Nullable JsonObject header() {
        return header;
    }

    /** What a cross-encoder's scores go through, if the folder says so. */
    @Nullable String activation() {
        return activation;
    }

    @Nullable Integer maxSeqLength() {
        return maxSeqLength;
    }

    /** Whether texts are lower-cased before the tokenizer's own steps. */
    boolean lowerCase() {
        return lowerCase;
    }

    /** The tensors of dense layers. */
    List<TensorPart> dense() {
        return dense;
    }

    /** That each module takes what the one before it gives. */
    void checkSizes(int dim) {
        Path path = folder.resolve(MODULES);
        if (poolingDim != null && !poolingDim.isJsonNull() && JsonChecks.count(poolingDim) != dim) {
            throw ModelFormatException.of(poolingConfig, poolingKey, dim + ", as the encoder has", poolingDim);
        }
        int number = 0;
        int given = dim;
        for (JsonElement layer : header.getAsJsonArray("dense")) {
            int taken = layer.getAsJsonObject().get("in_features").getAsInt();
            if (taken != given) {
                throw ModelFormatException.of(path, "in_features of dense layer " + number,
                        given + ", as the one before it gives", taken);
            }
            given = layer.getAsJsonObject().get("out_features").getAsInt();
            number++;
        }
    }

    private void read() {
        Path path = folder.resolve(MODULES);
        JsonElement list = JsonFiles.read(path);
        if (!list.isJsonArray() || list.getAsJsonArray().isEmpty()) {
            throw ModelFormatException.of(path, "its content", "a list of modules", list);
        }
        List<Module> modules = new ArrayList<>();
        list.getAsJsonArray().forEach(entry -> modules.add(module(path, modules.size(), entry)));
        List<String> kinds = modules.stream().map(Module::kind).toList();
        transformer = modules.get(0).folder;
        Path configPath = folder.resolve(CONFIG);
        JsonChecks config = new JsonChecks(configPath,
                Files.exists(configPath) ? JsonFiles.readObject(configPath) : new JsonObject());
        if (new JsonPrimitive("CrossEncoder").equals(config.get("model_type"))
                && kinds.equals(List.of("Transformer"))) {
            readCrossEncoder(config);
            return;
        }
        config.only("model_type", JsonChecks.texts("SentenceTransformer", null));
        config.only("truncate_dim", List.of(JsonChecks.NULL));
        int last = kinds.size() - 1;
        if (last < 1 || !kinds.subList(0, 2).equals(KINDS.subList(0, 2))
                || kinds.subList(2, Math.max(2, last)).stream().anyMatch(kind -> !kind.equals("Dense"))
                || kinds.get(last).equals("Transformer") || last > 1 && kinds.get(last).equals("Pooling")) {
            throw ModelFormatException.of(path, "type", "Transformer, Pooling, then Dense and Normalize if any",
                    String.join(", ", kinds));
        }
        readTransformer("feature-extraction");
        JsonObject made = new JsonObject();
        boolean includePrompt = readPooling(modules.get(1).folder, made);
        made.addProperty("normalize", kinds.get(last).equals("Normalize"));
        JsonArray layers = new JsonArray();
        for (Module module : modules.subList(2, modules.size())) {
            if (module.kind.equals("Dense")) {
                layers.add(readDense(module.folder, layers.size()));
            } else {
                Path normalize = module.folder.resolve("config.json");
                checkSentence(new JsonChecks(normalize,
                        Files.exists(normalize) ? JsonFiles.readObject(normalize) : new JsonObject()));
            }
        }
        made.add("dense", layers);
        addPrompts(config, made);
        made.addProperty("include_prompt", includePrompt);
        header = made;
    }

    private Module module(Path path, int number, JsonElement entry) {
        JsonElement kind = entry.isJsonObject() ? entry.getAsJsonObject().get("type") : null;
        JsonElement place = entry.isJsonObject() ? entry.getAsJsonObject().get("path") : null;
        if (!isText(kind) || !isText(place)) {
            throw ModelFormatException.of(path, "module " + number, "an object with path and type", entry);
        }
        new JsonChecks(path, entry.getAsJsonObject()).only("kwargs", List.of(JsonChecks.NULL, new JsonArray()));
        String where = place.getAsString();
        if (where.startsWith("/") || List.of(where.split("/")).contains("..") || where.indexOf('\0') >= 0) {
            throw ModelFormatException.of(path, "path of module " + number, "a folder in this one", place);
        }
        String type = kind.getAsString();
        String name = type.substring(type.lastIndexOf('.') + 1);
        if (!type.startsWith(PACKAGE) || !KINDS.contains(name)) {
            throw ModelFormatException.of(path, "type of module " + number,
                    "sentence_transformers' " + String.join(", ", KINDS), kind);
        }
        return new Module(name, where.isEmpty() ? folder : folder.resolve(where));
    }

    private static boolean isText(@Nullable JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    private void readCrossEncoder(JsonChecks config) {
        config.only("default_prompt_name", List.of(JsonChecks.NULL));
        JsonElement value = config.get("activation_fn");
        if (value != null && !value.isJsonNull()) {
            activation = torchClass(config.path(), "activation_fn", value, CROSS_ENCODER_ACTIVATIONS);
        }
        readTransformer("sequence-classification");
    }

    private void readTransformer(String task) {
        Path path = TRANSFORMER_CONFIGS.stream().map(transformer::resolve).filter(Files::exists).findFirst()
                .orElse(null);
        if (path == null) {
            return;
        }
        JsonChecks config = new JsonChecks(path, JsonFiles.readObject(path));
        config.only("transformer_task", JsonChecks.texts(task));
        for (String key : List.of("model_args", "model_kwargs", "tokenizer_args", "processor_kwargs", "config_args",
                "config_kwargs", "processing_kwargs")) {
            config.only(key, List.of(JsonChecks.NULL, new JsonObject()));
        }
        for (String key : List.of("tokenizer_name_or_path", "query_length", "document_length", "query_expansion")) {
            config.only(key, List.of(JsonChecks.NULL));
        }
        boolean encoder = task.equals("feature-extraction");
        JsonObject text = new JsonObject();
        text.addProperty("method", "forward");
        text.addProperty("method_output_name", encoder ? "last_hidden_state" : "logits");
        JsonObject modality = new JsonObject();
        modality.add("text", text);
        config.only("modality_config", List.of(modality));
        config.only("module_output_name", JsonChecks.texts(encoder ? "token_embeddings" : "scores"));
        maxSeqLength = config.size("max_seq_length", null, Integer.MAX_VALUE);
        lowerCase = config.flag("do_lower_case", false);
    }

    /** Adds the mode to the header; returns whether prompts are pooled, too. */
    private boolean readPooling(Path place, JsonObject made) {
        Path path = place.resolve("config.json");
        JsonChecks config = new JsonChecks(path, JsonFiles.readObject(path));
        JsonElement stated = config.get("pooling_mode");
        JsonArray modes = new JsonArray();
        JsonArray keys = new JsonArray();
        if (stated != null && stated.isJsonArray()) {
            modes = stated.getAsJsonArray();
        } else if (stated != null) {
            modes.add(stated);
        } else {
            for (Map.Entry<String, String> mode : POOLING_KEYS.entrySet()) {
                if (config.flag(mode.getValue(), false)) {
                    modes.add(mode.getKey());
                    keys.add(mode.getValue());
                }
            }
            if (modes.isEmpty()) {
                modes.add("mean");
            }
        }
        String mode = modes.size() == 1 && isText(modes.get(0)) ? POOLINGS.get(modes.get(0).getAsString()) : null;
        if (mode == null) {
            throw ModelFormatException.of(path, "pooling_mode", "one of " + String.join(", ", POOLINGS.keySet()),
                    stated == null ? keys : modes);
        }
        made.addProperty("pooling", mode);
        poolingConfig = path;
        poolingKey = config.get(poolingKey) != null ? poolingKey : "word_embedding_dimension";
        poolingDim = config.get(poolingKey);
        return config.flag("include_prompt", true);
    }

    /** The class of an activation, by any name that torch has for it. */
    private static String torchClass(Path path, String key, JsonElement value, Map<String, String> allowed) {
        String name = isText(value) ? value.getAsString() : "";
        for (String module : TORCH) {
            if (name.startsWith(module) && allowed.containsKey(name.substring(module.length()))) {
                return allowed.get(name.substring(module.length()));
            }
        }
        throw ModelFormatException.of(path, key, "torch.nn's " + String.join(", ", allowed.keySet()), value);
    }

    private static void checkSentence(JsonChecks config) {
        config.only("module_input_name", JsonChecks.texts("sentence_embedding"));
        config.only("module_output_name", JsonChecks.texts(null, "sentence_embedding"));
        config.only("use_residual", List.of(JsonChecks.FALSE));
    }

    private JsonObject readDense(Path place, int number) {
        Path path = place.resolve("config.json");
        JsonChecks config = new JsonChecks(path, JsonFiles.readObject(path));
        checkSentence(config);
        JsonObject layer = new JsonObject();
        int in = config.size("in_features", new JsonPrimitive(0), LARGEST);
        int out = config.size("out_features", new JsonPrimitive(0), LARGEST);
        boolean bias = config.flag("bias", true);
        JsonElement function = config.get("activation_function");
        layer.addProperty("in_features", in);
        layer.addProperty("out_features", out);
        layer.addProperty("bias", bias);
        layer.addProperty("activation", torchClass(path, "activation_function",
                function != null ? function : new JsonPrimitive(TORCH.get(0) + "Tanh"), DENSE_ACTIVATIONS));
        SafetensorsFolder stored = SafetensorsFolder.open(place);
        weights.add(stored);
        addDense(stored, "dense." + number, "weight", List.of((long) out, (long) in), "[out_features, in_features]");
        if (bias) {
            addDense(stored, "dense." + number, "bias", List.of((long) out), "[out_features]");
        }
        String extra = stored.tensors().keySet().stream().sorted()
                .filter(name -> !name.equals("linear.weight") && !(bias && name.equals("linear.bias")))
                .findFirst().orElse(null);
        if (extra != null) {
            throw new ModelFormatException(stored.path(), "tensor " + extra + " is not one that a dense layer has"
                    + (bias ? "" : " whose bias is false"));
        }
        return layer;
    }

    private void addDense(SafetensorsFolder stored, String layer, String kind, List<Long> shape, String keys) {
        StoredTensor tensor = stored.tensors().get("linear." + kind);
        if (tensor == null || !tensor.shape().equals(shape) || !StoredTensor.FLOATS.contains(tensor.dtype())) {
            throw ModelFormatException.of(stored.path(), "tensor linear." + kind, "floats of shape " + shape
                    + " (" + keys + " of config.json)", tensor == null ? "none" : tensor.dtype() + " " + tensor.shape());
        }
        dense.add(TensorPart.of(layer + "." + kind, tensor));
    }

    private static void addPrompts(JsonChecks config, JsonObject made) {
        JsonElement stated = config.get("prompts");
        JsonObject prompts = new JsonObject();
        if (stated != null && !(stated.isJsonObject() && stated.getAsJsonObject().entrySet().stream()
                .allMatch(prompt -> prompt.getValue().isJsonNull() || isText(prompt.getValue())))) {
            throw ModelFormatException.of(config.path(), "prompts", "an object of texts", stated);
        }
        if (stated != null) {
            stated.getAsJsonObject().entrySet().forEach(prompt -> prompts.addProperty(prompt.getKey(),
                    prompt.getValue().isJsonNull() ? "" : prompt.getValue().getAsString()));
        }
        JsonElement name = config.get("default_prompt_name");
        if (name != null && !name.isJsonNull() && !(isText(name) && prompts.has(name.getAsString()))) {
            throw ModelFormatException.of(config.path(), "default_prompt_name", "one of prompts or null", name);
        }
        config.only("similarity_fn_name", JsonChecks.texts("cosine", "dot", "euclidean", "manhattan", null));
        JsonElement similarity = config.get("similarity_fn_name");
        made.add("prompts", prompts);
        made.add("default_prompt_name", name == null ? JsonChecks.NULL : name);
        made.add("similarity_fn_name", similarity == null ? JsonChecks.NULL : similarity);
    }

    @Override
    public void close() {
        weights.forEach(SafetensorsFolder::close);
    }
}
