package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.LabelScore;
import io.demitasse.ScoreFunction;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(description = "Prints label, score and text, a line each.",
        footer = {"", "With --jsonl an object may hold \"text_pair\", a second text, or in place of \"text\" "
            + "{\"input_ids\":[101,...,102]}: ids for the model as they are, special tokens included, and "
            + "\"token_type_ids\" with them."})
final class ClassifyCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOptions model;

    @Mixin
    TextInput input;

    @Mixin
    FolderOptions folder;

    @Mixin
    TextOptions texts;

    @Option(names = "--top-k", paramLabel = "N",
            description = "The N best labels of each text, best first; a line each, and with --json the scores alone.")
    Integer topK;

    @Option(names = "--function-to-apply", paramLabel = "softmax|sigmoid|none",
            description = "What makes scores of logits; by default as the model's own files say.")
    ScoreFunction function;

    @Option(names = "--json", description = "Print a JSON object a line, with all scores and logits.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        if (topK != null && topK < 1) {
            throw TaskCommand.wrongUsage(spec, "--top-k must be at least 1, not " + topK);
        }
        folder.check(input);
        try (TextClassifier classifier = TextClassifier.load(model.file(), texts.apply(model.options(input.isBrief())))) {
            return folder.forEachBatch(input, model.file(), classifier.model(), (items, output) -> {
                List<Classification> results = classifier.classifyAll(items.stream().map(Item::input).toList(),
                        function == null ? classifier.function() : function);
                for (int i = 0; i < items.size(); i++) {
                    print(output, items.get(i), results.get(i));
                }
            });
        }
    }

    private void print(Output output, Item item, Classification result) {
        if (!json && !folder.areGiven()) {
            String text = item.text() == null ? Arrays.toString(item.inputIds())
                    : inOneField(item.text()) + (item.pair() == null ? "" : "\t" + inOneField(item.pair()));
            for (LabelScore best : result.top(topK == null ? 1 : topK)) {
                output.line(String.format(Locale.ROOT, "%s\t%.4f\t%s", inOneField(best.label()), best.score(), text));
            }
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
        object.put("scores", topK == null ? result.scores() : best(result.scores()));
        object.put("logits", result.logits());
        object.put("tokens", result.tokens());
        object.put("truncated", result.truncated());
        object.put("tokens_cut", result.tokensCut());
        output.json(object);
    }

    private Map<String, Float> best(Map<String, Float> scores) {
        Map<String, Float> best = new LinkedHashMap<>();
        scores.entrySet().stream().sorted(Map.Entry.<String, Float>comparingByValue().reversed()).limit(topK)
                .forEach(entry -> best.put(entry.getKey(), entry.getValue()));
        return best;
    }

    private static String inOneField(String text) {
        return text.replaceAll("[\\t\\n\\r\\x0B\\f\\x85\\u2028\\u2029]", " ");
    }
}
