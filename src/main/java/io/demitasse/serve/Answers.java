package io.demitasse.serve;

import io.demitasse.Job;
import io.demitasse.Sequence;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Head;
import java.util.function.Function;

/** Makes answers of jobs for the model. */
final class Answers {

    private final ServedModel model;
    private final Metrics metrics;

    Answers(ServedModel model, Metrics metrics) {
        this.model = model;
        this.metrics = metrics;
    }

    ServedModel model() {
        return model;
    }

    /**
     * What is to be computed for a request.
     *
     * @param truncated how many texts have lost tokens, which the answer says
     * @param bytes about how much memory the answer takes beside the head's outputs
     */
    <R> Answer of(Job<R> job, int truncated, long bytes, Function<R, Response> respond) {
        int tokens = job.sequences().stream().mapToInt(Sequence::size).sum();
        return new Computation<>(model.work(job.head()), job.sequences(), bytes + outputBytes(job), outputs -> {
            metrics.truncated(truncated);
            Response response = respond.apply(job.result(outputs)).with("x-compute-tokens", tokens);
            return truncated == 0 ? response : response.with("x-truncated-inputs", truncated);
        });
    }

    private static long outputBytes(Job<?> job) {
        Head head = job.head();
        long rows = 0;
        for (Sequence sequence : job.sequences()) {
            rows += head.pools() ? 1 : switch (head.reads()) {
                case ALL -> sequence.size();
                case FIRST -> 1;
                case CHOSEN -> sequence.places().length;
            };
        }
        return rows * head.width() * Float.BYTES;
    }
}
