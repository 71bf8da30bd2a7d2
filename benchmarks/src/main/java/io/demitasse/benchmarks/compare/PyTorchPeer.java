package io.demitasse.benchmarks.compare;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/** PyTorch through DJL, on the module that export_torchscript.py writes. Batches without padding get no mask. */
final class PyTorchPeer implements Peer {

    static final String ENGINE = "PyTorch";

    private final String name;
    private final Model model;
    private final ParameterStore parameters;

    PyTorchPeer(String name, Path module, int threads) {
        this.name = name;
        this.model = Model.newInstance("distilbert", ENGINE);
        JniUtils.setNumThreads(threads);
        // DJL's advice for inputs of many shapes: the optimizer specialises the graph for each anew.
        JniUtils.setGraphExecutorOptimize(false);
        try {
            model.load(module.toAbsolutePath().getParent(), module.getFileName().toString());
        } catch (IOException | MalformedModelException e) {
            throw new IllegalStateException(name + ": " + e.getMessage(), e);
        }
        this.parameters = new ParameterStore(model.getNDManager(), false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return runtime();
    }

    static String runtime() {
        return "PyTorch " + Engine.getEngine(ENGINE).getVersion() + " through DJL " + Engine.getDjlVersion();
    }

    @Override
    public String weights() {
        return "F32";
    }

    @Override
    public float[][] logits(int[][] sequences) {
        PaddedBatch batch = PaddedBatch.of(sequences);
        try (NDManager manager = model.getNDManager().newSubManager()) {
            long[] ids = Arrays.stream(batch.ids()).asLongStream().toArray();
            NDList inputs = new NDList(manager.create(LongBuffer.wrap(ids), new Shape(batch.rows(), batch.length())));
            if (batch.padded()) {
                inputs.add(mask(manager, batch));
            }
            NDArray logits = model.getBlock().forward(parameters, inputs, false).head();   // [rows, labels]
            float[] values = logits.toFloatArray();
            int labels = values.length / batch.rows();
            float[][] rows = new float[batch.rows()][];
            Arrays.setAll(rows, row -> Arrays.copyOfRange(values, row * labels, (row + 1) * labels));
            return rows;
        }
    }

    private static NDArray mask(NDManager manager, PaddedBatch batch) {
        boolean[] mask = new boolean[batch.mask().length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = batch.mask()[i] == 1;
        }
        return manager.create(mask, new Shape(batch.rows(), 1, 1, batch.length()));
    }

    @Override
    public void close() {
        model.close();
    }
}
