package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import io.demitasse.Tokenizers;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Parallel;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.Dataset.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole trainings of small models, of each objective. */
class TrainerTest {

    private static final Path HEADS = Path.of("src/test/resources/heads");
    private static final String TYPES = "distilbert.embeddings.token_type_embeddings.weight";
    private static final TrainingArguments FEW_STEPS = TrainingArguments.builder().learningRate(1e-3)
            .trainBatchSize(4).epochs(2).build();

    @TempDir
    Path folder;

    private Trainer trainer(String head, List<String> labels, Parallel parallel) {
        return new Trainer(HEADS.resolve(head), labels, FEW_STEPS, KernelChoice.choose("plain"), parallel);
    }

    private static List<TokenizedExample> pairs(String head, int count, int labels) {
        WordPieceTokenizer tokenizer = Tokenizers.load(HEADS.resolve(head));
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            examples.add(new Example("a text of " + i, "the other", new Target.Label(i % labels)));
        }
        return TokenizedExample.of(examples, tokenizer);
    }

    private TrainingResult train(Trainer trainer, List<TokenizedExample> examples) throws IOException {
        return trainer.train(examples, examples, folder.resolve("output"), false, TrainingListener.NONE);
    }

    @Test
    void aBertKeepsItsPoolerAndLearnsItsTokenTypes() throws IOException {
        try (Parallel parallel = new Parallel(1)) {
            // Other labels than the model has, and a learning rate that changes next to nothing.
            TrainingArguments still = FEW_STEPS.toBuilder().learningRate(1e-9).epochs(1).build();
            Trainer trainer = new Trainer(HEADS.resolve("bert-nli"), List.of("no", "yes"), still,
                    KernelChoice.choose("plain"), parallel);
            TrainingResult result = train(trainer, pairs("bert-nli", 8, 2));
            try (FlatFile before = ModelFiles.open(HEADS.resolve("bert-nli"));
                    FlatFile after = FlatFile.open(result.model())) {
                assertThat(after.labels()).containsExactly("no", "yes");
                assertThat(after.architecture()).isEqualTo("BertForSequenceClassification");
                assertThat(after.tensor("classifier.weight").shape()).containsExactly(2, 32);
                for (String kept : List.of(TYPES, "pre_classifier.weight", "pre_classifier.bias")) {
                    float[] was = before.floats(kept);
                    float[] is = after.floats(kept);
                    assertThat(is).as(kept).hasSameSizeAs(was).isNotEqualTo(was);
                    for (int i = 0; i < was.length; i++) {
                        assertThat(is[i]).as(kept).isCloseTo(was[i], within(1e-7f));
                    }
                }
            }
        }
    }

    @Test
    void tokenTypesMatterToABert() throws IOException {
        List<TokenizedExample> pairs = pairs("bert-nli", 8, 3);
        List<TokenizedExample> flat = pairs.stream()
                .map(example -> new TokenizedExample(example.inputIds(), new int[0], example.target())).toList();
        try (Parallel parallel = new Parallel(1)) {
            Trainer trainer = trainer("bert-nli", List.of("contradiction", "neutral", "entailment"), parallel);
            TrainingResult one = trainer.train(pairs, pairs, folder.resolve("one"), false, TrainingListener.NONE);
            TrainingResult other = trainer.train(flat, flat, folder.resolve("other"), false, TrainingListener.NONE);
            assertThat(one.best().validationLoss()).isNotEqualTo(other.best().validationLoss());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-multilabel", "distilbert-multilabel"})
    void aTrainedFileSaysWhatItWasTrainedAs(String head) throws IOException {
        List<TokenizedExample> examples = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            examples.add(new TokenizedExample(new int[] {2, 10 + i, 3}, new int[0],
                    new Target.Numbers(i % 2, 1, 0, i % 3 == 0 ? 1 : 0)));
        }
        try (Parallel parallel = new Parallel(1)) {
            TrainingResult result = train(trainer(head, List.of("a", "b", "c", "d"), parallel), examples);
            assertThat(result.best().metrics()).containsOnlyKeys(Objective.MULTI_LABEL_CLASSIFICATION.metrics());
            try (FlatFile file = FlatFile.open(result.bestModel())) {
                assertThat(file.config().get("problem_type").getAsString()).isEqualTo("multi_label_classification");
                assertThat(file.metadata().get("validation")).matches("loss \\d.\\d{4}, F1 micro \\d.\\d{4}");
            }
            TrainingResult single = trainer(head, List.of("a", "b"), parallel)
                    .withObjective(Objective.SINGLE_LABEL_CLASSIFICATION).train(
                            List.of(new TokenizedExample(new int[] {2, 3}, 1)),
                            List.of(new TokenizedExample(new int[] {2, 3}, 1)), folder.resolve("single"), false,
                            TrainingListener.NONE);
            try (FlatFile file = FlatFile.open(single.bestModel())) {
                assertThat(file.config().get("problem_type").getAsString()).isEqualTo("single_label_classification");
            }
        }
    }

    @Test
    void bfloat16ChangesATrainingALittleAndIsRememberedByIt() throws IOException {
        Kernels kernels = KernelChoice.choose(KernelChoice.AUTO);
        TrainingArguments rounded = FEW_STEPS.toBuilder().bf16(true).build();
        List<String> labels = List.of("a", "b");
        assumeThatCode(kernels::bf16).as("bfloat16 works here").doesNotThrowAnyException();
        List<TokenizedExample> examples = pairs("distilbert-multilabel", 12, 2);
        Path init = HEADS.resolve("distilbert-multilabel");
        try (Parallel one = new Parallel(1); Parallel two = new Parallel(2)) {
            TrainingResult exact = new Trainer(init, labels, FEW_STEPS, kernels, one)
                    .withObjective(Objective.SINGLE_LABEL_CLASSIFICATION)
                    .train(examples, examples, folder.resolve("exact"), false, TrainingListener.NONE);
            Trainer trainer = new Trainer(init, labels, rounded, kernels, one)
                    .withObjective(Objective.SINGLE_LABEL_CLASSIFICATION);
            TrainingResult result = trainer.train(examples, examples, folder.resolve("one"), false, TrainingListener.NONE);
            TrainingResult same = new Trainer(init, labels, rounded, kernels, two)
                    .withObjective(Objective.SINGLE_LABEL_CLASSIFICATION)
                    .train(examples, examples, folder.resolve("two"), false, TrainingListener.NONE);
            assertThat(result.best().validationLoss()).isNotEqualTo(exact.best().validationLoss())
                    .isCloseTo(exact.best().validationLoss(), within(0.02));
            assertThat(result.model()).hasSameBinaryContentAs(same.model());
            assertThatIllegalArgumentException().isThrownBy(() -> trainer.train(examples, examples,
                    folder.resolve("exact"), true, TrainingListener.NONE))
                    .withMessageContaining("the training it belongs to has bf16 false, this one true");
        }
    }

    @Test
    void aRegressionLearns() throws IOException {
        List<TokenizedExample> examples = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            examples.add(new TokenizedExample(new int[] {2, 10 + i % 4, 3}, new int[0],
                    new Target.Numbers(i % 4 - 1.5f)));
        }
        try (Parallel parallel = new Parallel(1)) {
            TrainingArguments more = FEW_STEPS.toBuilder().epochs(20).build();
            TrainingResult result = train(new Trainer(HEADS.resolve("distilbert-regression"), List.of("LABEL_0"), more,
                    KernelChoice.choose("plain"), parallel), examples);
            assertThat(result.best().value(Metric.PEARSON)).isGreaterThan(0.99);
            assertThat(result.best().validationLoss())
                    .isEqualTo(result.evaluations().stream().mapToDouble(Evaluation::validationLoss).min().orElseThrow());
        }
    }

    @Test
    void wordsGetLabels() throws IOException {
        List<TokenizedExample> examples = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int skip = Target.IGNORED;
            examples.add(new TokenizedExample(new int[] {2, 10 + i, 100 + i, 3}, new int[0],
                    new Target.TokenLabels(skip, 0, 1, skip)));
        }
        try (Parallel parallel = new Parallel(1)) {
            TrainingArguments more = FEW_STEPS.toBuilder().epochs(20).build();
            TrainingResult result = train(new Trainer(HEADS.resolve("bert-multilabel"), List.of("O", "B-X"), more,
                    KernelChoice.choose("plain"), parallel).withObjective(Objective.TOKEN_CLASSIFICATION), examples);
            assertThat(result.best().f1()).isEqualTo(1);
            try (FlatFile file = FlatFile.open(result.bestModel())) {
                assertThat(file.architecture()).isEqualTo("BertForTokenClassification");
                assertThat(file.config().has("problem_type")).isFalse();
                assertThat(file.has("pre_classifier.weight")).isFalse();
            }
        }
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        List<TokenizedExample> none = List.of();
        try (Parallel parallel = new Parallel(1)) {
            Trainer regression = trainer("bert-regression", List.of("LABEL_0"), parallel);
            refused(regression.withDistillation(new Distillation(2, 0.5)), none, "a teacher is not for regression");
            refused(regression.withClassWeights(1), none, "class weights are not for regression");
            refused(new Trainer(HEADS.resolve("bert-multilabel"), List.of("a", "b"),
                    FEW_STEPS.toBuilder().labelSmoothing(0.1).build(), KernelChoice.choose("plain"), parallel), none,
                    "label smoothing is not for multi label classification");
            refused(new Trainer(HEADS.resolve("bert-nli"), List.of("a", "b"),
                    FEW_STEPS.toBuilder().metricForBestModel(Metric.PEARSON).build(), KernelChoice.choose("plain"),
                    parallel), none, "the metric for the best model is pearson, but single label classification has loss,"
                            + " accuracy, precision, recall, f1, mcc");
            refused(regression, List.of(new TokenizedExample(new int[] {2, 3}, 0)),
                    "training example 0: this loss learns from a Numbers, not from a Label");
            refused(regression, List.of(new TokenizedExample(new int[] {2, 3}, new int[0], new Target.Numbers(1, 2))),
                    "training example 0: a target has 2 numbers, but the model gives 1");
            refused(trainer("bert-nli", List.of("a", "b"), parallel),
                    List.of(new TokenizedExample(new int[] {2, 3}, 2)),
                    "training example 0: it has the label 2, but there are 2 labels");
            refused(trainer("bert-cross-sigmoid", List.of("a"), parallel), none, "one label and its config no problem_type");
            refused(trainer("bert-nli", List.of("a"), parallel), none, "at least 2 different labels are needed");
            assertThatIllegalArgumentException().isThrownBy(() -> regression.withClassWeights(1, 2))
                    .withMessageContaining("class weights must be 1 numbers from 0 up");
        }
    }

    private void refused(Trainer trainer, List<TokenizedExample> examples, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> train(trainer, examples)).withMessageContaining(message);
        assertThat(folder.resolve("output")).doesNotExist();
    }
}
