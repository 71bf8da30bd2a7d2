package io.demitasse;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Head;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Work for a model: sequences that it has to read with a head, and what its outputs then mean. {@link Model#run} does it;
 * a server may join the sequences of several jobs with one head, since a sequence's outputs do not depend on others.
 *
 * @param head what stands on the encoder
 * @param sequences what is to be read
 * @param decoder makes the result of the head's outputs, {@code [rows, out]} for each sequence
 */
public record Job<R>(Head head, List<Sequence> sequences, Function<List<Matrix>, R> decoder) {

    public Job {
        sequences = List.copyOf(sequences);
    }

    /** The same work with something made of its result. */
    public <S> Job<S> map(Function<? super R, ? extends S> function) {
        return new Job<>(head, sequences, outputs -> function.apply(decoder.apply(outputs)));
    }

    /**
     * Several jobs with one head as one.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static <R> Job<List<R>> all(List<Job<R>> jobs) {
        if (jobs.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to do");
        }
        List<Sequence> sequences = new ArrayList<>();
        jobs.forEach(job -> sequences.addAll(job.sequences));
        return new Job<>(jobs.get(0).head, sequences, outputs -> {
            List<R> results = new ArrayList<>(jobs.size());
            int first = 0;
            for (Job<R> job : jobs) {
                int end = first + job.sequences.size();
                results.add(job.decoder.apply(outputs.subList(first, end)));
                first = end;
            }
            return List.copyOf(results);
        });
    }

    /** What the outputs mean. */
    public R result(List<Matrix> outputs) {
        return decoder.apply(outputs);
    }
}
