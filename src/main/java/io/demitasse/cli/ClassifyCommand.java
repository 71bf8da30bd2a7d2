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
        footer = {"", "With --jsonl an object may hold \"text_pair\", a second text, or in place of \"text\" "
            + "{\"input_ids\":[101,...,102]}: ids for the model as they are, special tokens included, and "
            + "\"token_type_ids\" with them."})
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
                List<Classification> results = classifier.classifyAll(items.stream().map(Item::input).toList());
                for (int i = 0; i < items.size(); i++) {
                    print(output, items.get(i), results.get(i));
                }
                output.flush();
            });
        }
        return 0;
    }

    private void print(Output output, Item item, Classification result) {
        if (!json) {
            String text = item.text() == null ? Arrays.toString(item.inputIds())
                    : inOneField(item.text()) + (item.pair() == null ? "" : "\t" + inOneField(item.pair()));
            output.line(String.format(Locale.ROOT, "%s\t%.4f\t%s", result.label(), result.score(), text));
            return;
        }
        Map<String, Object> object = new LinkedHashMap<>();
        if (item.text() == null) {
            object.put("input_ids", item.inputIds());
            if (item.typeIds() != null) {
                object.put("token_type_ids", item.typeIds());
            }
        } else {
            object.put("text", item.text());
            if (item.pair() != null) {
                object.put("text_pair", item.pair());
            }
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

    private static String inOneField(String text) {
        return text.replaceAll("[\\t\\n\\r\\x0B\\f\\x85\\u2028\\u2029]", " ");
    }
}
