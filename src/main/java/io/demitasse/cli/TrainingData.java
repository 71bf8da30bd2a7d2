package io.demitasse.cli;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.model.ModelConfig;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.DataCheck;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.Objective;
import io.demitasse.train.Target;
import io.demitasse.train.TokenDataset;
import io.demitasse.train.TokenizedExample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a training reads, as its objective wants it.
 *
 * @param messages what a person should know of it
 */
record TrainingData(Objective objective, List<String> labels, List<TokenizedExample> training,
                    List<TokenizedExample> validation, List<String> messages) {

    /**
     * Reads both files.
     *
     * @param init the model to begin with
     * @param asked null if nobody says, and data and model do
     * @param labels empty if nobody says, and model and data do
     */
    static TrainingData read(Path init, Path train, Path validation, @Nullable Objective asked, List<String> labels,
                             WordPieceTokenizer tokenizer) throws IOException {
        Objective objective;
        List<String> names = labels;
        List<String> messages = new ArrayList<>();
        try (FlatFile file = ModelFiles.open(init)) {
            ModelConfig config = ModelConfig.of(file);
            objective = objective(train, config, file, asked);
            if (names.isEmpty() && fits(objective, config)) {
                names = labels(train, objective, file, messages);
            }
        }
        if (objective == Objective.TOKEN_CLASSIFICATION) {
            names = names.isEmpty() ? TokenDataset.labels(train) : names;
            return new TrainingData(objective, names, TokenDataset.tokenize(TokenDataset.read(train, names), tokenizer),
                    TokenDataset.tokenize(TokenDataset.read(validation, names), tokenizer), messages);
        }
        names = names.isEmpty() ? Dataset.labels(train, objective) : names;
        List<Example> training = Dataset.read(train, names, objective);
        List<Example> checked = Dataset.read(validation, names, objective);
        DataCheck.warnings(training, checked, names).forEach(line -> messages.add("warning: " + line));
        return new TrainingData(objective, names, TokenizedExample.of(training, tokenizer),
                TokenizedExample.of(checked, tokenizer), messages);
    }

    /** The head's, or the data's where these are all others: who brings labels of their own means those. */
    private static List<String> labels(Path train, Objective objective, FlatFile file, List<String> messages)
            throws IOException {
        List<String> head = file.labels();
        List<String> found;
        try {
            found = objective == Objective.TOKEN_CLASSIFICATION ? TokenDataset.labels(train)
                    : Dataset.labels(train, objective);
        } catch (IllegalArgumentException e) {
            return head;    // reading the rows says what is wrong, if anything is
        }
        boolean numbered = found.stream().allMatch(label -> label.startsWith("LABEL_"));
        if (numbered || !Collections.disjoint(found, head)) {
            return head;
        }
        messages.add("a new head is drawn: the labels are " + found + ", those of " + file.path() + " are " + head);
        return found;
    }

    private static Objective objective(Path train, ModelConfig config, FlatFile file, @Nullable Objective asked) {
        boolean words = TokenDataset.isOne(train);
        if (asked != null && words != (asked == Objective.TOKEN_CLASSIFICATION)) {
            throw new IllegalArgumentException(train + " has " + (words ? "words with a label each" : "texts")
                    + ", which is not for " + asked.title());
        }
        if (words) {
            return Objective.TOKEN_CLASSIFICATION;
        }
        if (asked != null) {
            return asked;
        }
        try {
            Objective own = Objective.of(config, file.labels().size());
            return own == Objective.TOKEN_CLASSIFICATION ? Objective.SINGLE_LABEL_CLASSIFICATION : own;
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file.path(), e.getMessage() + " with --problem-type", e);
        }
    }

    /** Whether the model's labels are of the kind that is to be trained. */
    private static boolean fits(Objective objective, ModelConfig config) {
        return config.architecture() == objective.architecture() && (objective == Objective.REGRESSION)
                == Objective.REGRESSION.name().equalsIgnoreCase(config.problemType().configName());
    }

    /**
     * Weights of the labels.
     *
     * @param text {@code balanced}, for rows / (labels * rows of the label), or numbers with commas between them
     * @throws IllegalArgumentException if it is neither, or a label that is to be balanced has no rows
     */
    float[] classWeights(String text) {
        if (!text.equals("balanced")) {
            try {
                String[] parts = text.split(",", -1);
                float[] weights = new float[parts.length];
                for (int i = 0; i < parts.length; i++) {
                    weights[i] = Float.parseFloat(parts[i].strip());
                }
                return weights;
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("class weights must be balanced, or a number for each label with"
                        + " commas between them, not " + text, e);
            }
        }
        long[] counts = new long[labels.size()];
        long all = 0;
        for (TokenizedExample example : training) {
            if (example.target() instanceof Target.Label label) {
                counts[label.label()]++;
                all++;
            } else if (example.target() instanceof Target.TokenLabels tokens) {
                for (int label : tokens.labels()) {
                    if (label != Target.IGNORED) {
                        counts[label]++;
                        all++;
                    }
                }
            }
        }
        float[] weights = new float[counts.length];
        for (int i = 0; i < weights.length; i++) {
            if (counts[i] == 0 && all > 0) {
                throw new IllegalArgumentException("no training row has the label " + labels.get(i)
                        + ", so class weights cannot be balanced");
            }
            weights[i] = counts[i] == 0 ? 1 : (float) ((double) all / counts[i] / weights.length);
        }
        return weights;
    }
}
