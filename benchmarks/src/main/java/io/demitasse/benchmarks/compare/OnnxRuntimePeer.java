package io.demitasse.benchmarks.compare;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * ONNX Runtime on the graphs that export_onnx.py writes. Batches without padding go to the graph that has no mask, so
 * that each gets the fastest attention there is for it.
 */
final class OnnxRuntimePeer implements Peer {

    private final String name;
    private final String weights;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession padded;
    private final OrtSession unpadded;

    /**
     * @param graph the file name's start, {@code fp32} or {@code int8}
     * @param spinning whether threads wait for work by spinning, as is ONNX Runtime's default
     */
    OnnxRuntimePeer(String name, Path folder, String graph, String weights, int threads, boolean spinning) {
        this.name = name;
        this.weights = weights;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
            padded = environment.createSession(folder.resolve(graph + ".onnx").toString(), options);
            unpadded = environment.createSession(folder.resolve(graph + "-unpadded.onnx").toString(), options);
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return "ONNX Runtime " + environment.getVersion();
    }

    @Override
    public String weights() {
        return weights;
    }

    @Override
    public float[][] logits(int[][] sequences) {
        PaddedBatch batch = PaddedBatch.of(sequences);
        long[] shape = {batch.rows(), batch.length()};
        try (OnnxTensor ids = OnnxTensor.createTensor(environment, IntBuffer.wrap(batch.ids()), shape)) {
            if (!batch.padded()) {
                return run(unpadded, Map.of("input_ids", ids));
            }
            try (OnnxTensor mask = OnnxTensor.createTensor(environment, IntBuffer.wrap(batch.mask()), shape)) {
                return run(padded, Map.of("input_ids", ids, "attention_mask", mask));
            }
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": " + e.getMessage(), e);
        }
    }

    private static float[][] run(OrtSession session, Map<String, OnnxTensor> inputs) throws OrtException {
        try (OrtSession.Result result = session.run(inputs)) {
            return (float[][]) result.get(0).getValue();
        }
    }

    @Override
    public void close() {
        try {
            padded.close();
            unpadded.close();
        } catch (OrtException e) {
            throw new IllegalStateException(name + ": " + e.getMessage(), e);
        }
    }
}
