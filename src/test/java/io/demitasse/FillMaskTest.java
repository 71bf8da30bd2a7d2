package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FillMaskTest {

    static Stream<List<String>> folders() {
        return HeadReference.folders("bert-mlm", "distilbert-mlm");
    }

    @ParameterizedTest
    @MethodSource("folders")
    void logitsOfTheMasks(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            int mask = reference.model.tokenizer().vocabulary().id("[MASK]");
            for (JsonObject input : reference.list("inputs")) {
                int[] ids = HeadReference.ints(input.get("input_ids"));
                int[] masks = IntStream.range(0, ids.length).filter(i -> ids[i] == mask).toArray();
                HeadReference.close(reference.model.outputs(reference.model.head(),
                        List.of(Sequence.of(ids).readAt(masks))).get(0), input.get("logits_of_masks"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void wordsForOneMaskAndForTwo(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("texts")).isNotEmpty();
            for (JsonObject entry : reference.list("texts")) {
                HeadReference.same(reference.ask(FillMask.TASK, HeadReference.text(entry)), entry.get("top5"));
                if (entry.has("targets") && !entry.get("targets").isJsonNull()) {
                    HeadReference.same(reference.ask(FillMask.TASK, HeadReference.text(entry), "targets", "the,film"),
                            entry.get("targets"));
                }
            }
        }
    }

    @Test
    void aMasksOutputsAreTheSameBitsWhateverElseIsRead() {
        try (HeadReference reference = new HeadReference("bert-mlm", "plain")) {
            int[] ids = HeadReference.ints(reference.list("inputs").get(0).get("input_ids"));
            List<Sequence> all = new ArrayList<>();
            all.add(Sequence.of(ids).readAt(IntStream.range(0, ids.length).toArray()));
            for (int i = 0; i < ids.length; i++) {
                all.add(Sequence.of(ids).readAt(i));
            }
            var outputs = reference.model.outputs(reference.model.head(), all);
            for (int i = 0; i < ids.length; i++) {
                assertThat(outputs.get(i + 1).toArray()).isEqualTo(outputs.get(0).copyOfRows(i, 1).toArray());
            }
        }
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        try (HeadReference reference = new HeadReference("bert-mlm", "plain")) {
            FillMask fillMask = new FillMask(reference.model);
            assertThatIllegalArgumentException().isThrownBy(() -> fillMask.fill("no mask"))
                    .withMessageContaining("[MASK]");
            assertThatIllegalArgumentException().isThrownBy(() -> fillMask.fill("a [MASK]", 2, List.of("  ")))
                    .withMessageContaining("targets");
            assertThat(fillMask.fill("a [MASK]", 10_000, List.of()).get(0))
                    .hasSize(reference.model.config().shape().vocabSize());
            assertThat(fillMask.fill("a [MASK]", 9, List.of("the", "film", "the")).get(0)).hasSize(2);
        }
    }
}
