package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.Input;
import io.demitasse.Model;
import io.demitasse.Sequence;
import io.demitasse.TextClassifier;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.Metrics;
import io.demitasse.train.Objective;
import io.demitasse.train.TokenDataset;
import io.demitasse.train.TokenizedExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(description = "Measures a model on labelled texts, pairs of texts or words.",
        footer = {"", "Precision, recall and F1 are those of the second label where there are two, "
            + "and means over the labels where there are more. MCC is Matthews' correlation coefficient. ECE is the "
            + "expected calibration error: how far a prediction's score is from the share of predictions with such "
            + "a score that are right, over ten bins of equal width. Of several labels a text, F1 is counted over all "
            + "texts and labels (micro) and as the mean of the labels' F1 (macro); of words, over entities."})
final class EvaluateCommand implements Callable<Integer> {

    private static final int BATCH = 64;

    @Mixin
    ModelOptions model;

    @Mixin
    TextOptions texts;

    @Option(names = "--data", paramLabel = "FILE", required = true,
            description = "The texts, as train reads them: TSV with the header sentence<TAB>label, .csv with"
                    + " sentence,label, or .jsonl with an object with \"sentence\" and \"label\" a line.")
    Path data;

    @Option(names = "--problem-type", paramLabel = "TYPE",
            description = "single_label_classification, multi_label_classification or regression; by default what the"
                    + " model's config says, else the first.")
    Objective problemType;

    @Option(names = "--mistakes", paramLabel = "N", defaultValue = "0",
            description = "Print the N most confident mistakes too; of a regression, the N largest.")
    int mistakes;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        try (Model opened = Model.load(model.file(), texts.apply(model.options())); Output output = new Output()) {
            Objective objective = objective(opened);
            Metrics metrics = objective.measure(opened.labels());
            List<Mistake> worst = objective == Objective.TOKEN_CLASSIFICATION ? measureWords(opened, metrics)
                    : measureTexts(new TextClassifier(opened), objective, metrics).stream()
                            .sorted(Comparator.comparing(Mistake::score).reversed()).limit(mistakes).toList();
            EvaluationReport report = new EvaluationReport(metrics, opened.labels(), worst);
            if (json) {
                output.json(report.json(mistakes > 0));
            } else {
                report.print(output);
            }
        }
        return 0;
    }

    private Objective objective(Model opened) {
        if (problemType != null && problemType.architecture() != opened.config().architecture()) {
            throw new IllegalArgumentException(model.file() + ": the model is a " + opened.config().architecture()
                    .className(opened.config().modelType()) + ", which is not for " + problemType.title());
        }
        boolean words = TokenDataset.isOne(data);
        boolean ofWords = opened.config().architecture() == Architecture.TOKEN_CLASSIFICATION;
        if (words != ofWords) {
            throw new IllegalArgumentException(data + " has " + (words ? "words with a label each" : "texts")
                    + ", which is not for a " + opened.config().architecture()
                    .className(opened.config().modelType()));
        }
        try {
            return problemType != null ? problemType : Objective.of(opened.config(), opened.labels().size());
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(model.file(), e.getMessage() + " with --problem-type", e);
        }
    }

    private List<Mistake> measureTexts(TextClassifier classifier, Objective objective, Metrics metrics)
            throws IOException {
        List<Example> examples = Dataset.read(data, classifier.labels(), objective);
        List<Mistake> found = new ArrayList<>();
        try (Progress progress = Progress.open("examples", examples.size())) {
            for (int first = 0; first < examples.size(); first += BATCH) {
                List<Example> batch = examples.subList(first, Math.min(examples.size(), first + BATCH));
                List<Classification> results = classifier.classifyAll(batch.stream().map(example ->
                        example.pair() == null ? Input.of(example.text()) : Input.of(example.text(), example.pair()))
                        .toList());
                for (int i = 0; i < batch.size(); i++) {
                    float[] logits = results.get(i).logits();
                    metrics.add(new Matrix(logits, 1, logits.length), batch.get(i).target());
                    Mistake.of(batch.get(i), results.get(i), classifier.labels(), objective).ifPresent(found::add);
                }
                progress.step(batch.size());
            }
        }
        return found;
    }

    private List<Mistake> measureWords(Model opened, Metrics metrics) throws IOException {
        if (mistakes > 0) {
            throw new IllegalArgumentException("--mistakes is for models that label texts, not words");
        }
        List<TokenizedExample> examples = TokenDataset.tokenize(TokenDataset.read(data, opened.labels()),
                opened.tokenizer());
        try (Progress progress = Progress.open("examples", examples.size())) {
            for (int first = 0; first < examples.size(); first += BATCH) {
                List<TokenizedExample> batch = examples.subList(first, Math.min(examples.size(), first + BATCH));
                List<Matrix> outputs = opened.outputs(opened.head(),
                        batch.stream().map(example -> Sequence.of(example.inputIds())).toList());
                for (int i = 0; i < batch.size(); i++) {
                    metrics.add(outputs.get(i), batch.get(i).target());
                }
                progress.step(batch.size());
            }
        }
        return List.of();
    }
}
