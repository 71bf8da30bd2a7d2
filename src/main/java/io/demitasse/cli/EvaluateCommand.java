package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "evaluate", description = "Measures a classifier on labelled texts.",
        footer = {"", "Precision, recall and F1 are those of the second label where there are two,",
            "and means over the labels where there are more."})
final class EvaluateCommand implements Callable<Integer> {

    private static final int BATCH = 64;

    @Mixin
    ModelOptions model;

    @Mixin
    TextOptions texts;

    @Option(names = "--data", paramLabel = "FILE.tsv", required = true,
            description = "The header sentence<TAB>label, then a text and its label (name or number) a line.")
    Path data;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(model.file(), texts.apply(model.options()));
                Output output = new Output()) {
            List<String> labels = classifier.labels();
            Metrics metrics = measure(classifier, Dataset.readTsv(data, labels));
            if (json) {
                output.json(summary(metrics, labels));
            } else {
                print(output, metrics, labels);
            }
        }
        return 0;
    }

    private static Metrics measure(TextClassifier classifier, List<Example> examples) {
        Metrics metrics = new Metrics(classifier.labels().size());
        try (Progress progress = Progress.open("examples", examples.size())) {
            for (int first = 0; first < examples.size(); first += BATCH) {
                List<Example> batch = examples.subList(first, Math.min(examples.size(), first + BATCH));
                List<Classification> results = classifier.classify(batch.stream().map(Example::text).toList());
                for (int i = 0; i < batch.size(); i++) {
                    metrics.add(results.get(i).logits(), batch.get(i).label());
                }
                progress.step(batch.size());
            }
        }
        return metrics;
    }

    private static Map<String, Object> summary(Metrics metrics, List<String> labels) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("examples", metrics.examples());
        object.put("correct", metrics.correct());
        object.put("loss", metrics.loss());
        object.put("accuracy", metrics.accuracy());
        object.put("precision", metrics.precision());
        object.put("recall", metrics.recall());
        object.put("f1", metrics.f1());
        if (labels.size() == 2) {
            Map<String, Long> confusion = new LinkedHashMap<>();
            confusion.put("tp", metrics.confusion(1, 1));
            confusion.put("fp", metrics.confusion(0, 1));
            confusion.put("fn", metrics.confusion(1, 0));
            confusion.put("tn", metrics.confusion(0, 0));
            object.put("confusion", confusion);
        }
        object.put("labels", labels);
        object.put("confusion_matrix", metrics.confusion());
        return object;
    }

    private static void print(Output output, Metrics metrics, List<String> labels) {
        output.line(String.format(Locale.ROOT, "examples   %d", metrics.examples()));
        output.line(String.format(Locale.ROOT, "loss       %.4f", metrics.loss()));
        output.line(String.format(Locale.ROOT, "accuracy   %.4f (%d right)", metrics.accuracy(), metrics.correct()));
        output.line(String.format(Locale.ROOT, "precision  %.4f", metrics.precision()));
        output.line(String.format(Locale.ROOT, "recall     %.4f", metrics.recall()));
        output.line(String.format(Locale.ROOT, "f1         %.4f", metrics.f1()));
        output.line("confusion (rows: the true label; columns: the predicted one)");
        int width = Math.max(8, labels.stream().mapToInt(String::length).max().orElse(0));
        StringBuilder header = new StringBuilder(" ".repeat(width));
        labels.forEach(label -> header.append("  ").append(padded(label, width)));
        output.line(header.toString());
        for (int actual = 0; actual < labels.size(); actual++) {
            StringBuilder row = new StringBuilder(padded(labels.get(actual), width));
            for (int predicted = 0; predicted < labels.size(); predicted++) {
                row.append("  ").append(padded(Long.toString(metrics.confusion(actual, predicted)), width));
            }
            output.line(row.toString());
        }
    }

    private static String padded(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
