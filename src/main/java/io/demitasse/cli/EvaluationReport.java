package io.demitasse.cli;

import io.demitasse.train.LabelMetrics;
import io.demitasse.train.Metric;
import io.demitasse.train.Metrics;
import io.demitasse.train.MultiLabelMetrics;
import io.demitasse.train.TokenMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an evaluation found, to be read by programs or people.
 *
 * @param mistakes the worst first
 */
record EvaluationReport(Metrics metrics, List<String> labels, List<Mistake> mistakes) {

    Map<String, Object> json(boolean withMistakes) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("examples", metrics.examples());
        if (metrics instanceof LabelMetrics one) {
            object.put("correct", one.correct());
        } else if (metrics instanceof TokenMetrics words) {
            object.put("tokens", words.tokens());
        }
        object.put("loss", metrics.loss());
        metrics.values().forEach((metric, value) -> object.put(metric.key(), value));
        if (metrics instanceof LabelMetrics one) {
            object.put("ece", one.calibrationError());
            if (labels.size() == 2) {
                Map<String, Long> confusion = new LinkedHashMap<>();
                confusion.put("tp", one.confusion(1, 1));
                confusion.put("fp", one.confusion(0, 1));
                confusion.put("fn", one.confusion(1, 0));
                confusion.put("tn", one.confusion(0, 0));
                object.put("confusion", confusion);
            }
        }
        object.put("labels", labels);
        if (metrics instanceof LabelMetrics one) {
            object.put("confusion_matrix", one.confusion());
        } else if (metrics instanceof MultiLabelMetrics several) {
            Map<String, Double> f1 = new LinkedHashMap<>();
            for (int label = 0; label < labels.size(); label++) {
                f1.put(labels.get(label), several.f1(label));
            }
            object.put("f1_by_label", f1);
        }
        if (withMistakes) {
            object.put("mistakes", mistakes);
        }
        return object;
    }

    void print(Output output) {
        int width = metrics.values().keySet().stream().mapToInt(metric -> metric.key().length()).max().orElse(0);
        width = Math.max("precision".length(), width);
        line(output, width, "examples", Long.toString(metrics.examples()));
        line(output, width, "loss", number(metrics.loss()));
        for (Map.Entry<Metric, Double> value : metrics.values().entrySet()) {
            String right = value.getKey() == Metric.ACCURACY && metrics instanceof LabelMetrics one
                    ? " (" + one.correct() + " right)"
                    : value.getKey() == Metric.SUBSET_ACCURACY && metrics instanceof MultiLabelMetrics several
                    ? " (" + several.correct() + " right)" : "";
            line(output, width, value.getKey().key(), number(value.getValue()) + right);
        }
        if (metrics instanceof LabelMetrics one) {
            line(output, width, "ece", number(one.calibrationError()));
            confusion(output, one);
        } else if (metrics instanceof MultiLabelMetrics several) {
            output.line("by label (precision, recall, F1)");
            int longest = labels.stream().mapToInt(String::length).max().orElse(0);
            for (int label = 0; label < labels.size(); label++) {
                output.line(padded(labels.get(label), longest) + String.format(Locale.ROOT, "  %.4f  %.4f  %.4f",
                        several.precision(label), several.recall(label), several.f1(label)));
            }
        }
        mistakes(output);
    }

    private static void line(Output output, int width, String name, String value) {
        output.line(name + " ".repeat(width + 2 - name.length()) + value);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    private void confusion(Output output, LabelMetrics counts) {
        output.line("confusion (rows: the true label; columns: the predicted one)");
        int width = Math.max(8, labels.stream().mapToInt(String::length).max().orElse(0));
        StringBuilder header = new StringBuilder(" ".repeat(width));
        labels.forEach(label -> header.append("  ").append(padded(label, width)));
        output.line(header.toString());
        for (int actual = 0; actual < labels.size(); actual++) {
            StringBuilder row = new StringBuilder(padded(labels.get(actual), width));
            for (int predicted = 0; predicted < labels.size(); predicted++) {
                row.append("  ").append(padded(Long.toString(counts.confusion(actual, predicted)), width));
            }
            output.line(row.toString());
        }
    }

    private void mistakes(Output output) {
        if (!mistakes.isEmpty()) {
            output.line("most confident mistakes (label, predicted, score, text)");
        }
        for (Mistake mistake : mistakes) {
            output.line(String.format(Locale.ROOT, "%s\t%s\t%.4f\t%s%s", mistake.label(), mistake.predicted(),
                    mistake.score(), mistake.text(), mistake.pair() == null ? "" : "\t" + mistake.pair()));
        }
    }

    private static String padded(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
