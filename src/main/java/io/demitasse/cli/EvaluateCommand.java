package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "evaluate", description = "Measures a classifier on labelled texts.",
        footer = {"", "Precision, recall and F1 are those of the second label where there are two, "
            + "and means over the labels where there are more. MCC is Matthews' correlation coefficient. ECE is the "
            + "expected calibration error: how far a prediction's score is from the share of predictions with such "
            + "a score that are right, over ten bins of equal width."})
final class EvaluateCommand implements Callable<Integer> {

    private static final int BATCH = 64;

    @Mixin
    ModelOptions model;

    @Mixin
    TextOptions texts;

    @Option(names = "--data", paramLabel = "FILE", required = true,
            description = "TSV with the header sentence<TAB>label, .csv with sentence,label, or .jsonl with an object"
                    + " with \"sentence\" and \"label\" a line; labels are names or numbers.")
    Path data;

    @Option(names = "--mistakes", paramLabel = "N", defaultValue = "0",
            description = "Print the N most confident mistakes too.")
    int mistakes;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    /** A text with its label, and the one that it was taken for. */
    private record Mistake(String label, String predicted, float score, String text) {
    }

    @Override
    public Integer call() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(model.file(), texts.apply(model.options()));
                Output output = new Output()) {
            List<String> labels = classifier.labels();
            List<Example> examples = Dataset.read(data, labels);
            Metrics metrics = new Metrics(labels.size());
            List<Mistake> worst = measure(classifier, examples, metrics).stream()
                    .sorted(Comparator.comparing(Mistake::score).reversed()).limit(mistakes).toList();
            if (json) {
                Map<String, Object> summary = summary(metrics, labels);
                if (mistakes > 0) {
                    summary.put("mistakes", worst);
                }
                output.json(summary);
            } else {
                print(output, metrics, labels);
                print(output, worst);
            }
        }
        return 0;
    }

    private static List<Mistake> measure(TextClassifier classifier, List<Example> examples, Metrics metrics) {
        List<Mistake> mistakes = new ArrayList<>();
        try (Progress progress = Progress.open("examples", examples.size())) {
            for (int first = 0; first < examples.size(); first += BATCH) {
                List<Example> batch = examples.subList(first, Math.min(examples.size(), first + BATCH));
                List<Classification> results = classifier.classify(batch.stream().map(Example::text).toList());
                for (int i = 0; i < batch.size(); i++) {
                    Classification result = results.get(i);
                    Example example = batch.get(i);
                    metrics.add(result.logits(), example.label());
                    if (result.labelId() != example.label()) {
                        mistakes.add(new Mistake(classifier.labels().get(example.label()), result.label(),
                                result.score(), example.text()));
                    }
                }
                progress.step(batch.size());
            }
        }
        return mistakes;
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
        object.put("mcc", metrics.mcc());
        object.put("ece", metrics.calibrationError());
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
        output.line(String.format(Locale.ROOT, "mcc        %.4f", metrics.mcc()));
        output.line(String.format(Locale.ROOT, "ece        %.4f", metrics.calibrationError()));
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

    private static void print(Output output, List<Mistake> mistakes) {
        if (!mistakes.isEmpty()) {
            output.line("most confident mistakes (label, predicted, score, text)");
        }
        for (Mistake mistake : mistakes) {
            output.line(String.format(Locale.ROOT, "%s\t%s\t%.4f\t%s", mistake.label(), mistake.predicted(),
                    mistake.score(), mistake.text()));
        }
    }

    private static String padded(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
