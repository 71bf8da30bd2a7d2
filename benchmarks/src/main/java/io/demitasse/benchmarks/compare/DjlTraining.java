package io.demitasse.benchmarks.compare;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.tracker.Tracker;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * PyTorch through DJL, as DJL's own DistilBERT example trains: a TorchScript module loaded with {@code trainParam}, and
 * DJL's Trainer, loss and AdamW. DJL clips numbers, not norms, so the clipping is written here.
 */
final class DjlTraining implements TrainingPeer {

    /**
     * PyTorch's AdamW adds 1e-8 to the root of the second moment after the correction of its bias, DJL's before it; this
     * is the same in the first step.
     */
    private static final float EPSILON = (float) (1e-8 * Math.sqrt(1 - 0.999));

    private final Model model;
    private final Trainer trainer;
    private final List<Parameter> parameters;

    /**
     * @param module a file that export_torchscript.py wrote with --training
     */
    DjlTraining(Path module, int threads) {
        model = Model.newInstance("distilbert", PyTorchPeer.ENGINE);
        JniUtils.setNumThreads(threads);
        // The optimizer takes five steps to specialise the graph, and the steps after that are no faster.
        JniUtils.setGraphExecutorOptimize(false);
        try {
            model.load(module.toAbsolutePath().getParent(), module.getFileName().toString(),
                    Map.of("trainParam", "true"));
        } catch (IOException | MalformedModelException e) {
            throw new IllegalStateException(module + ": " + e.getMessage(), e);
        }
        AdamW optimizer = AdamW.builder().optLearningRateTracker(Tracker.fixed((float) LEARNING_RATE))
                .optWeightDecays(0).optEpsilon(EPSILON).build();
        trainer = model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss()).optOptimizer(optimizer));
        trainer.initialize(new Shape(TrainingBatch.SEQUENCES, TrainingBatch.LENGTH));
        parameters = model.getBlock().getParameters().values();
    }

    @Override
    public String name() {
        return "djl-pytorch";
    }

    @Override
    public String version() {
        return PyTorchPeer.runtime();
    }

    @Override
    public double step(TrainingBatch batch, boolean dropout) {
        try (NDManager manager = trainer.getManager().newSubManager()) {
            long[] ids = Arrays.stream(batch.ids()).flatMapToInt(Arrays::stream).asLongStream().toArray();
            NDList inputs = new NDList(manager.create(LongBuffer.wrap(ids),
                    new Shape(batch.ids().length, batch.ids()[0].length)));
            NDList labels = new NDList(manager.create(Arrays.stream(batch.labels()).asLongStream().toArray()));
            NDArray loss;
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList logits = dropout ? trainer.forward(inputs) : withoutDropout(inputs);
                loss = trainer.getLoss().evaluate(labels, logits);
                collector.backward(loss);
            }
            clip(manager);
            trainer.step();
            return loss.getFloat();
        }
    }

    /** DJL's own way to leave dropout out leaves out the gradients too. */
    private NDList withoutDropout(NDList inputs) {
        PtSymbolBlock module = (PtSymbolBlock) model.getBlock();
        JniUtils.enableInferenceMode(module);
        return IValueUtils.forward(module, inputs, true);
    }

    /** What torch.nn.utils.clip_grad_norm_ does. */
    private void clip(NDManager manager) {
        NDList gradients = new NDList();
        NDList norms = new NDList();
        for (Parameter parameter : parameters) {
            NDArray gradient = parameter.getArray().getGradient();
            gradient.attach(manager);
            gradients.add(gradient);
            norms.add(gradient.norm());
        }
        double norm = NDArrays.stack(norms).norm().getFloat();
        double scale = MAX_GRAD_NORM / (norm + 1e-6);
        if (scale < 1) {
            gradients.forEach(gradient -> gradient.muli(scale));
        }
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
    }
}
