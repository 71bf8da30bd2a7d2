package io.demitasse.benchmarks.compare;

import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.kernel.Int8Activations;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.nio.file.Path;
import java.util.Arrays;

/** Demitasse with one kind of kernels. A batch is ragged: nothing is padded. */
final class DemitassePeer implements Peer {

    static final String VERSION = "Demitasse 0.1.0";

    private final String name;
    private final String weights;
    private final TextClassifier classifier;

    DemitassePeer(String name, Path model, String weights, String kernels, Int8Activations activations, int threads) {
        this.name = name;
        this.weights = weights;
        this.classifier = TextClassifier.load(model, Options.defaults().withThreads(threads).withKernels(kernels)
                .withInt8Activations(activations));
    }

    WordPieceTokenizer tokenizer() {
        return classifier.tokenizer();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public String weights() {
        return weights;
    }

    @Override
    public float[][] logits(int[][] ids) {
        return classifier.classifyIds(Arrays.asList(ids)).stream().map(Classification::logits).toArray(float[][]::new);
    }

    @Override
    public void close() {
        classifier.close();
    }
}
