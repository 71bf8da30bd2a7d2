package io.demitasse.convert;

import io.demitasse.file.ModelFormatException;
import io.demitasse.file.ModelTypes;
import io.demitasse.file.SafetensorsFolder;
import io.demitasse.file.StoredTensor;
import io.demitasse.file.TensorPart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Finds a model's tensors under the names of its own files, and gives them the flat file's. */
final class TensorNames {

    private static final List<String> BUFFERS = List.of("embeddings.position_ids", "embeddings.token_type_ids");

    /** The bias of BERT's output over words stands under both names, or under either. */
    private static final Map<String, String> OTHER_NAMES = Map.of("cls.predictions.bias",
            "cls.predictions.decoder.bias");

    private static final Pattern GAMMA = Pattern.compile("(LayerNorm|layer_norm)\\.(gamma|beta)$");

    private final FolderConfig config;
    private final Path path;
    private final Map<String, StoredTensor> stored;
    private final String prefix;
    private final Map<String, Integer> sizes;
    private final Set<String> used = new HashSet<>();
    private final List<TensorPart> parts = new ArrayList<>();
    private final List<String> labels;

    /**
     * Names all tensors.
     *
     * @param path the file that lists them
     * @param stored as {@link #withoutTensorFlowNames} gives them
     */
    TensorNames(FolderConfig config, Path path, Map<String, StoredTensor> stored) {
        this.config = config;
        this.path = path;
        this.stored = stored;
        String ownPrefix = config.type().prefix();
        prefix = stored.keySet().stream().anyMatch(name -> name.startsWith(ownPrefix)) ? ownPrefix : "";
        sizes = new HashMap<>(config.sizes());
        List<ModelTypes.Tensor> head = ModelTypes.headTensors(config.type(), config.head());
        sizes.put("labels", countLabels());
        for (ModelTypes.Tensor tensor : ModelTypes.encoderTensors(config.type(), config.sizes().get("layers"))) {
            add(tensor);
        }
        boolean optional = head.stream().anyMatch(t -> t.optional() && stored.containsKey(own(t.theirs())));
        for (ModelTypes.Tensor tensor : head) {
            if (tensor.tied() && config.tiesWords()) {
                // Hugging Face takes the word embeddings, whatever the file has under this name.
                used.add(tensor.theirs());
            } else if (optional || !tensor.optional()) {
                add(tensor);
            }
        }
        labels = config.labels() != null ? config.labels() : !ModelTypes.LABELLED.contains(config.head()) ? List.of()
                : IntStream.range(0, sizes.get("labels")).mapToObj(n -> "LABEL_" + n).toList();
    }

    /** The flat file's tensors in its order. */
    List<TensorPart> parts() {
        return parts;
    }

    /** The names of the classes; empty for a head without. */
    List<String> labels() {
        return labels;
    }

    /** Files that were once converted from TensorFlow call a LayerNorm's weight gamma and its bias beta. */
    static Map<String, StoredTensor> withoutTensorFlowNames(SafetensorsFolder folder) {
        Map<String, StoredTensor> renamed = new LinkedHashMap<>();
        folder.tensors().forEach((name, tensor) -> {
            Matcher matcher = GAMMA.matcher(name);
            String now = matcher.find() ? name.substring(0, matcher.end(1))
                    + (matcher.group(2).equals("gamma") ? ".weight" : ".bias") : name;
            if (renamed.containsKey(now) || !now.equals(name) && folder.tensors().containsKey(now)) {
                throw new ModelFormatException(tensor.file(), "tensor " + name + " stands there as " + now
                        + " too, expected it once");
            }
            renamed.put(now, tensor);
        });
        return renamed;
    }

    /** The classifier's rows where config.json does not say; whether they are rows at all is checked with its shape. */
    private int countLabels() {
        if (config.numberOfLabels() != null) {
            return config.numberOfLabels();
        }
        StoredTensor classifier = stored.get("classifier.weight");
        return classifier == null || classifier.shape().isEmpty() ? 2
                : (int) Math.min(classifier.shape().get(0), Integer.MAX_VALUE);
    }

    /** A model without a head has no prefix before its tensors' names. */
    private String own(String name) {
        String ownPrefix = config.type().prefix();
        return name.startsWith(ownPrefix) ? prefix + name.substring(ownPrefix.length()) : name;
    }

    private void add(ModelTypes.Tensor tensor) {
        String source = own(tensor.theirs());
        String other = OTHER_NAMES.get(source);
        if (other != null && stored.containsKey(other)) {
            if (!stored.containsKey(source)) {
                source = other;
            } else {
                requireSame(source, other);
            }
            used.add(other);
        }
        List<Long> expected = tensor.shape().stream().map(this::size).toList();
        String explanation = " ([" + String.join(", ", tensor.shape().stream().map(config::key).toList()) + "] of "
                + config.path().getFileName() + ")";
        StoredTensor found = stored.get(source);
        if (found == null) {
            throw new ModelFormatException(path, "tensor " + source + " is missing, expected it with shape " + expected
                    + explanation + " for " + config.type().architecture(config.head()) + " (architectures)"
                    + (tensor.tied() ? ", as tie_word_embeddings is false" : ""));
        }
        if (!found.shape().equals(expected)) {
            throw ModelFormatException.of(found.file(), "tensor " + source, "shape " + expected + explanation,
                    found.shape());
        }
        if (!StoredTensor.FLOATS.contains(found.dtype())) {
            throw ModelFormatException.of(found.file(), "tensor " + source, "dtype F64, F32, F16, BF16", found.dtype());
        }
        used.add(source);
        parts.add(TensorPart.of(tensor.name(), found));
    }

    private long size(String word) {
        Integer size = sizes.get(word);
        return size != null ? size : Long.parseLong(word);
    }

    private void requireSame(String source, String other) {
        StoredTensor tensor = stored.get(other);
        try {
            if (stored.get(source).sameAs(tensor)) {
                return;
            }
        } catch (IOException e) {
            throw new ModelFormatException(tensor.file(), "tensor " + other + " cannot be read: " + e.getMessage(), e);
        }
        throw new ModelFormatException(tensor.file(),
                "tensor " + other + ": expected the same numbers as in " + source);
    }

    /** Other heads may go, but a tensor of the encoder that nobody knows would change what it computes. */
    List<String> leftOut() {
        String layers = prefix + config.type().layers() + ".";
        List<String> leftOut = new ArrayList<>();
        for (String name : stored.keySet()) {
            if (used.contains(name) || BUFFERS.stream().anyMatch(name::endsWith)) {
                continue;
            }
            Path file = stored.get(name).file();
            String layer = layerOf(name, layers);
            if (layer != null && (layer.length() > 9 || Integer.parseInt(layer) >= config.sizes().get("layers"))) {
                throw new ModelFormatException(file, "tensor " + name + ": expected " + config.sizes().get("layers")
                        + " layers (" + config.key("layers") + " of " + config.path().getFileName()
                        + "), found number " + layer + ", counted from 0");
            }
            if (name.startsWith(layers) || name.startsWith(prefix + "embeddings.")) {
                throw new ModelFormatException(file, "tensor " + name + " is not one that a " + config.type().name()
                        + " encoder has");
            }
            leftOut.add(name);
        }
        return leftOut;
    }

    private static @Nullable String layerOf(String name, String layers) {
        if (!name.startsWith(layers)) {
            return null;
        }
        Matcher number = Pattern.compile("([0-9]+)\\.").matcher(name.substring(layers.length()));
        return number.lookingAt() ? number.group(1) : null;
    }
}
