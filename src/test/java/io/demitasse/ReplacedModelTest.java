package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.study.Explainer;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model's file that becomes another one while it is in use. An explanation reads it again. */
class ReplacedModelTest {

    @TempDir
    Path folder;

    @Test
    void anExplanationNeverMixesTwoModels() throws IOException {
        Path file = TestModels.tinyWithWords(folder.resolve("model.flat"));
        Path kept = Files.copy(file, folder.resolve("kept.flat"));
        FileTime time = Files.getLastModifiedTime(file);
        try (TextClassifier classifier = TextClassifier.load(file, Options.defaults().withThreads(1))) {
            float[] logits = classifier.classify("not a good film").logits();

            TestModels.tinyOther(file);
            Files.setLastModifiedTime(file, time);
            assertThat(Files.size(file)).as("nothing but the header tells them apart").isEqualTo(Files.size(kept));
            assertThatThrownBy(() -> new Explainer(classifier.model()).explain("not a good film")).isInstanceOf(ModelFormatException.class)
                    .hasMessage(file + ": it is not the file any more that was loaded: load it again");
            assertThat(classifier.classify("not a good film").logits()).isEqualTo(logits);

            Files.delete(file);
            assertThatThrownBy(() -> new Explainer(classifier.model()).explain("not a good film")).isInstanceOf(ModelFormatException.class)
                    .hasMessageContaining(file.toString());

            Files.copy(kept, file, StandardCopyOption.REPLACE_EXISTING);
            Explanation explained = new Explanation(classifier);
            TestModels.tinyOther(file);
            assertThat(new Explanation(classifier)).as("what was read once is kept").isEqualTo(explained);
        }
    }

    /** What an explanation comes to, as text. */
    private record Explanation(String text) {
        Explanation(TextClassifier classifier) {
            this(new Explainer(classifier.model()).explain("not a good film").toString());
        }
    }

    @Test
    void aFingerprintIsThatOfTheModelNotOfTheFilesDate() throws IOException {
        Path file = TestModels.tinyWithWords(folder.resolve("model.flat"));
        Path copy = Files.copy(file, folder.resolve("copy.flat"));
        Files.setLastModifiedTime(copy, FileTime.fromMillis(0));
        assertThat(fingerprint(copy)).isEqualTo(fingerprint(file)).hasSize(64);
        assertThat(fingerprint(TestModels.tinyOther(copy))).isNotEqualTo(fingerprint(file));
    }

    private static String fingerprint(Path file) {
        try (FlatFile flat = FlatFile.open(file)) {
            return flat.fingerprint();
        }
    }
}
