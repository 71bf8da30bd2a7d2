package io.demitasse.cli;

import io.demitasse.Pooling;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.TextEmbedder;
import io.demitasse.cli.TextInput.Item;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(description = "Prints a vector for each text, as a JSON line.")
final class EmbedCommand implements Callable<Integer> {

    private static final Task TASK = Tasks.named("feature-extraction");

    @Mixin
    ModelOptions model;

    @Mixin
    TextInput input;

    @Mixin
    FolderOptions folder;

    @Mixin
    TextOptions texts;

    @Option(names = "--pooling", paramLabel = "mean|cls|max|mean_sqrt_len",
            description = "How hidden states become one vector; by default as the model's own files say.")
    Pooling pooling;

    @Option(names = "--normalize", negatable = true,
            description = "Scale vectors to length 1, or do not; by default as the model's own files say.")
    Boolean normalize;

    @Option(names = "--prompt-name", paramLabel = "NAME",
            description = "Which of the model's prompts, such as query, stands before each text.")
    String promptName;

    @Option(names = "--dimensions", paramLabel = "N",
            description = "Keep the first N numbers of each vector, for a model that was trained for it (Matryoshka).")
    Integer dimensions;

    @Override
    public Integer call() throws IOException {
        folder.check(input);
        try (TextEmbedder encoder = TextEmbedder.load(model.file(TASK),
                texts.apply(model.options(input.isBrief())))) {
            // What is wrong with the settings is wrong with every text.
            encoder.job(List.of(), settings(encoder));
            encoder.prompted("", promptName);
            return folder.forEachBatch(input, model.file(TASK), encoder.model(), (items, output) ->
                    embed(encoder, items).forEach(vector -> output.json(Map.of("embedding", vector))));
        }
    }

    private List<float[]> embed(TextEmbedder encoder, List<Item> items) {
        if (items.stream().anyMatch(item -> item.pair() != null)) {
            throw new IllegalArgumentException("embed takes single texts, not pairs");
        }
        return encoder.model().run(encoder.job(items.stream().map(Item::input).toList(),
                settings(encoder)));
    }

    private TextEmbedder.Settings settings(TextEmbedder encoder) {
        TextEmbedder.Settings own = encoder.settings();
        return new TextEmbedder.Settings(pooling == null ? own.pooling() : pooling,
                normalize == null ? own.normalize() : normalize, promptName,
                dimensions == null ? own.dimensions() : dimensions);
    }
}
