package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;

/**
 * For question answering: {@code loss = (start + end) / 2}, each the mean cross-entropy over the sequences of a softmax
 * over the sequence's tokens. A place that is behind the sequence's last token does not count. The gradient by a token's
 * logit is {@code (p - (1 if it is the place)) / (2 n)}, n being how many places count.
 *
 * <p>Hugging Face's softmax also runs over the padding behind shorter sequences of a batch; here there is none.
 */
public final class SpanLoss implements Loss {

    /** @param outputs {@code [tokens, 2]}: column 0 is the logit of a start, column 1 of an end */
    @Override
    public double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient) {
        List<Target.Span> spans = targets.stream().map(target -> Loss.as(Target.Span.class, target)).toList();
        if (outputs.rows() != batch.tokens() || outputs.columns() != 2) {
            throw new IllegalArgumentException("spans are learned from 2 logits a token, not from "
                    + outputs.columns());
        }
        double start = loss(outputs, 0, batch, spans.stream().mapToInt(Target.Span::start).toArray(), gradient);
        double end = loss(outputs, 1, batch, spans.stream().mapToInt(Target.Span::end).toArray(), gradient);
        return (start + end) / 2;
    }

    private static double loss(Matrix outputs, int column, Batch batch, int[] places, Matrix gradient) {
        int counted = 0;
        for (int s = 0; s < places.length; s++) {
            counted += places[s] < batch.length(s) ? 1 : 0;
        }
        double sum = 0;
        for (int s = 0; s < places.length; s++) {
            double[] logits = new double[batch.length(s)];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = outputs.get(batch.start(s) + i, column);
            }
            boolean counts = places[s] < logits.length;
            double logSum = CrossEntropy.logSumExp(logits);
            sum -= counts ? logits[places[s]] - logSum : 0;
            for (int i = 0; i < logits.length; i++) {
                double slope = StrictMath.exp(logits[i] - logSum) - (i == places[s] ? 1 : 0);
                gradient.data()[gradient.row(batch.start(s) + i) + column] = counts ? (float) (slope / (2 * counted))
                        : 0f;
            }
        }
        return counted == 0 ? 0 : sum / counted;
    }
}
