package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class KernelChoiceTest {

    /** Keeps what is logged. */
    private static final class Records extends Handler {
        private final List<LogRecord> records = new ArrayList<>();

        @Override
        public void publish(LogRecord record) {
            records.add(record);
        }

        @Override
        public void flush() {
        }

        @Override
        public void close() {
        }
    }

    @Test
    void vectorKernelsWorkJustWhereNothingStandsInTheirWay() {
        KernelChoice.Attempt vector = KernelChoice.attempts().get(1);

        assertThat(vector.name()).isEqualTo("vector");
        assertThat(vector.reason()).isEqualTo(VectorSupport.obstacle());
        assertThat(vector.works()).isEqualTo(vector.reason().isEmpty());
    }

    @Test
    void machineKernelsWorkJustWhereNothingStandsInTheirWay() {
        KernelChoice.Attempt machine = KernelChoice.attempts().get(0);

        assertThat(machine.name()).isEqualTo("machine");
        assertThat(machine.reason()).isEqualTo(MachineSupport.obstacle());
        assertThat(machine.works()).isEqualTo(machine.reason().isEmpty());
        if (Runtime.version().feature() < 22) {
            assertThat(machine.reason()).contains("needs JDK 22");
        }
    }

    @Test
    void fastActivationsAreObeyedOrRefused() {
        for (String name : new String[] {"vector", "plain", "jblas"}) {
            assertThatThrownBy(() -> KernelChoice.choose(name, Int8Activations.FAST))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("need the machine kernels");
        }
        String obstacle = MachineSupport.obstacle(Int8Activations.FAST);
        if (obstacle.isEmpty()) {
            assertThat(KernelChoice.choose(KernelChoice.AUTO, Int8Activations.FAST).name()).isEqualTo("machine");
        } else {
            assertThatThrownBy(() -> KernelChoice.choose(KernelChoice.AUTO, Int8Activations.FAST))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(obstacle);
        }
    }

    @Test
    void exactActivationsNeedNoMoreThanMachineCode() {
        assertThat(MachineSupport.obstacle(Int8Activations.EXACT)).isEqualTo(MachineSupport.obstacle());
    }

    @Test
    void autoTakesTheFirstThatWorks() {
        String first = KernelChoice.attempts().stream().filter(KernelChoice.Attempt::works).findFirst()
                .orElseThrow().name();

        assertThat(KernelChoice.choose(KernelChoice.AUTO).name()).isEqualTo(first);
    }

    @Test
    void plainKernelsWorkEverywhere() {
        assertThat(KernelChoice.choose("plain").name()).isEqualTo("plain");
    }

    @Test
    void aMissingModuleIsNamedOnce() {
        Logger logger = Logger.getLogger(KernelChoice.class.getName());
        Records log = new Records();
        logger.addHandler(log);
        logger.setUseParentHandlers(false);
        try {
            KernelChoice.choose(KernelChoice.AUTO);
            KernelChoice.choose("plain");
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(log);
        }

        assertThat(log.records).hasSize(VectorSupport.hasModule() || MachineSupport.obstacle().isEmpty() ? 0 : 1)
                .allMatch(record -> record.getMessage().contains("--add-modules jdk.incubator.vector"));
    }

    @Test
    void withoutTheModuleVectorSaysWhichFlagItNeeds() {
        assumeThat(VectorSupport.hasModule()).isFalse();

        assertThatThrownBy(() -> KernelChoice.choose("vector")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pass --add-modules jdk.incubator.vector to java");
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> KernelChoice.choose("cuda")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cuda").hasMessageContaining("auto, machine, vector, plain, jblas");
    }
}
