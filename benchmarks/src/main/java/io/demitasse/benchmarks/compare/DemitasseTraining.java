package io.demitasse.benchmarks.compare;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.TrainableModel;
import io.demitasse.train.AdamW;
import io.demitasse.train.CrossEntropy;
import io.demitasse.train.Target;
import io.demitasse.train.TrainingStep;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Demitasse on the kernels that it chooses by itself, with the step that its Trainer makes. */
final class DemitasseTraining implements TrainingPeer {

    private static final long SEED = 42;

    private final String name;
    private final Parallel parallel;
    private final AdamW optimizer;
    private final TrainingStep step;

    DemitasseTraining(Path model, int threads, boolean bf16) {
        Kernels chosen = KernelChoice.choose(KernelChoice.AUTO);
        Kernels kernels = bf16 ? chosen.bf16() : chosen;
        name = "demitasse-" + kernels.name() + (bf16 ? "-bf16" : "");
        parallel = new Parallel(threads);
        try (FlatFile file = FlatFile.open(model)) {
            TrainableModel classifier = TrainableModel.load(file,
                    Architecture.SEQUENCE_CLASSIFICATION.head(ModelConfig.of(file), file.labels().size()), kernels);
            optimizer = new AdamW(classifier.parameters(), 0, AdamW::matrices, parallel);
            step = new TrainingStep(classifier, optimizer, new Workspace(parallel), new CrossEntropy(0), MAX_GRAD_NORM);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return DemitassePeer.VERSION;
    }

    @Override
    public double step(TrainingBatch batch, boolean dropout) {
        GradientTrace trace = dropout ? GradientTrace.training(SEED, optimizer.steps())
                : GradientTrace.withoutDropout();
        List<Target> targets = Arrays.stream(batch.labels()).<Target>mapToObj(Target.Label::new).toList();
        return step.run(Batch.of(List.of(batch.ids())), targets, trace, LEARNING_RATE).loss();
    }

    @Override
    public void close() {
        parallel.close();
    }
}
