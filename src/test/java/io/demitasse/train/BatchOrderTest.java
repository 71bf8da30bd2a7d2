package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchOrderTest {

    private static List<Integer> epoch(BatchOrder order, long epoch) {
        List<Integer> examples = new ArrayList<>();
        for (long step = 0; step < order.stepsPerEpoch(); step++) {
            Arrays.stream(order.batch(epoch * order.stepsPerEpoch() + step)).forEach(examples::add);
        }
        return examples;
    }

    @Test
    void anEpochHasEachExampleOnceInAnOrderOfItsOwn() {
        BatchOrder order = new BatchOrder(50, 8, 42);

        assertThat(order.stepsPerEpoch()).isEqualTo(7);
        assertThat(order.batch(6)).hasSize(2);
        assertThat(epoch(order, 0)).doesNotHaveDuplicates().hasSize(50).isNotEqualTo(epoch(order, 1));
        assertThat(epoch(order, 0)).isNotEqualTo(epoch(new BatchOrder(50, 8, 43), 0));
    }

    @Test
    void aStepsBatchHangsOnItsNumberAlone() {
        BatchOrder order = new BatchOrder(50, 8, 42);
        epoch(order, 0);

        assertThat(order.batch(17)).isEqualTo(new BatchOrder(50, 8, 42).batch(17));
    }
}
