package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.Input;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.train.Target;
import io.demitasse.train.TokenizedExample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A larger model that is asked once, before the training, what it makes of each text. */
final class Teacher {

    private static final int BATCH = 64;

    private Teacher() {
    }

    /** The examples with the teacher's logits. */
    static List<TokenizedExample> asked(Path teacher, Path student, List<String> labels,
                                        List<TokenizedExample> examples, Options options) {
        checkVocabulary(teacher, student);
        try (TextClassifier classifier = TextClassifier.load(teacher, options);
                Progress progress = Progress.open("teacher", examples.size())) {
            if (!classifier.labels().equals(labels)) {
                throw ModelFormatException.of(teacher, "the teacher's labels", labels, classifier.labels());
            }
            List<TokenizedExample> asked = new ArrayList<>();
            for (int first = 0; first < examples.size(); first += BATCH) {
                List<TokenizedExample> batch = examples.subList(first, Math.min(examples.size(), first + BATCH));
                // A DistilBERT has no token types.
                boolean types = classifier.model().config().shape().typeVocabSize() > 1;
                List<Classification> results = classifier.classifyAll(batch.stream().map(example -> types
                        ? Input.ofIds(example.inputIds(), example.typeIds()) : Input.ofIds(example.inputIds()))
                        .toList());
                for (int i = 0; i < batch.size(); i++) {
                    TokenizedExample example = batch.get(i);
                    asked.add(example.with(new Target.Taught((Target.Label) example.target(), results.get(i).logits())));
                }
                progress.step(batch.size());
            }
            return asked;
        }
    }

    private static void checkVocabulary(Path teacher, Path student) {
        try (FlatFile one = ModelFiles.open(teacher); FlatFile other = ModelFiles.open(student)) {
            if (!Arrays.equals(one.bytes(FlatFile.VOCABULARY), other.bytes(FlatFile.VOCABULARY))
                    || !one.tokenizer().equals(other.tokenizer())) {
                throw new ModelFormatException(teacher, "its vocabulary or tokenizer is not that of " + student
                        + ", so it cannot be the teacher");
            }
        }
    }
}
