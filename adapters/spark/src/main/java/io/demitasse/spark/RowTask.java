package io.demitasse.spark;

import io.demitasse.Job;
import io.demitasse.Model;
import java.io.Serializable;
import java.util.List;

/** What a transformer does with rows on an executor. */
@FunctionalInterface
interface RowTask extends Serializable {

    /**
     * The work for some rows.
     *
     * @param texts what stands in each row's input columns, no null among it
     * @return a job with the values of each row's output columns
     * @throws IllegalArgumentException if a text cannot be read, or the model is not for this task
     */
    Job<List<Object[]>> job(Model model, List<String[]> texts);
}
