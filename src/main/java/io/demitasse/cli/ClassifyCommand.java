package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import io.demitasse.cli.TextInput.Item;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "classify", description = "Prints label, score and text, a line each.",
        footer = {"", "With --jsonl an object may hold {\"input_ids\":[101,...,102]} in place of \"text\": "
            + "ids for the model as they are, special tokens included."})
final class ClassifyCommand implements Callable<Integer> {

    @Mixin
    ModelOptions model;

    @Mixin
    TextInput input;

    @Mixin
    TextOptions texts;

    @Option(names = "--json", description = "Print a JSON object a line, with all scores and logits.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(model.file(), texts.apply(model.options(input)));
                Output output = new Output()) {
            input.forEachBatch(items -> {
                List<Classification> results = classify(classifier, items);
                for (int i = 0; i < items.size(); i++) {
                    print(output, items.get(i), results.get(i));
                }
                output.flush();
            });
        }
        return 0;
    }

    private static List<Classification> classify(TextClassifier classifier, List<Item> items) {
        if (items.stream().anyMatch(item -> item.pair() != null)) {
            throw new IllegalArgumentException("classify takes single texts, not pairs");
        }
        if (items.stream().allMatch(item -> item.inputIds() == null)) {
            return classifier.classify(items.stream().map(Item::text).toList());
        }
        return items.stream().map(item -> item.inputIds() == null
                ? classifier.classify(item.text()) : classifier.classifyIds(item.inputIds())).toList();
    }

    private void print(Output output, Item item, Classification result) {
        if (!json) {
            String text = item.text() == null ? Arrays.toString(item.inputIds()) : item.text();
            output.line(String.format(Locale.ROOT, "%s\t%.4f\t%s", result.label(), result.score(),
                    text.replaceAll("[\\t\\n\\r\\x0B\\f\\x85\\u2028\\u2029]", " ")));
            return;
        }
        Map<String, Object> object = new LinkedHashMap<>();
        if (item.text() == null) {
            object.put("input_ids", item.inputIds());
        } else {
            object.put("text", item.text());
        }
        object.put("label", result.label());
        object.put("score", result.score());
        object.put("scores", result.scores());
        object.put("logits", result.logits());
        object.put("tokens", result.tokens());
        object.put("truncated", result.truncated());
        object.put("tokens_cut", result.tokensCut());
        output.json(object);
    }
}
