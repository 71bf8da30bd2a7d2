package io.demitasse.cli;

import io.demitasse.Pooling;
import io.demitasse.TextEmbedder;
import io.demitasse.cli.TextInput.Item;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "embed", description = "Prints a vector for each text, as a JSON line.")
final class EmbedCommand implements Callable<Integer> {

    @Mixin
    ModelOptions model;

    @Mixin
    TextInput input;

    @Mixin
    TextOptions texts;

    @Option(names = "--pooling", paramLabel = "mean|cls", defaultValue = "mean",
            description = "The mean over all tokens (default), or the hidden state of [CLS].")
    Pooling pooling;

    @Option(names = "--normalize", description = "Scale vectors to length 1.")
    boolean normalize;

    @Override
    public Integer call() throws IOException {
        try (TextEmbedder encoder = TextEmbedder.load(model.file(), texts.apply(model.options(input)));
                Output output = new Output()) {
            input.forEachBatch(items -> {
                embed(encoder, items).forEach(vector -> output.json(Map.of("embedding", vector)));
                output.flush();
            });
        }
        return 0;
    }

    private List<float[]> embed(TextEmbedder encoder, List<Item> items) {
        if (items.stream().anyMatch(item -> item.pair() != null)) {
            throw new IllegalArgumentException("embed takes single texts, not pairs");
        }
        if (items.stream().allMatch(item -> item.inputIds() == null)) {
            return encoder.embed(items.stream().map(Item::text).toList(), pooling, normalize);
        }
        return items.stream().map(item -> item.inputIds() == null
                ? encoder.embed(List.of(item.text()), pooling, normalize).get(0)
                : encoder.embedIds(List.of(item.inputIds()), pooling, normalize).get(0)).toList();
    }
}
