package io.demitasse.train;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well the model did on the validation data at some step.
 *
 * @param trainingLoss the mean loss of the steps since the evaluation before
 * @param epoch how often the training data had been gone through
 * @param step how many steps had been made
 * @param validationLoss without label smoothing, class weights and dropout
 * @param metrics what else the objective measures, in its order
 */
public record Evaluation(double trainingLoss, double epoch, long step, double validationLoss,
                         Map<Metric, Double> metrics) {

    public Evaluation {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    static Evaluation of(Metrics metrics, double trainingLoss, double epoch, long step) {
        return new Evaluation(trainingLoss, epoch, step, metrics.loss(), metrics.values());
    }

    /** What was measured; NaN if it was not. */
    public double value(Metric metric) {
        return metric == Metric.LOSS ? validationLoss : metrics.getOrDefault(metric, Double.NaN);
    }

    /** {@link #value} of {@link Metric#ACCURACY}. */
    public double accuracy() {
        return value(Metric.ACCURACY);
    }

    /** {@link #value} of {@link Metric#F1}. */
    public double f1() {
        return value(Metric.F1);
    }

    /** {@link #value} of {@link Metric#MCC}. */
    public double mcc() {
        return value(Metric.MCC);
    }

    /** Orders evaluations from worse to better by a metric, and where it is equal by another. */
    static Comparator<Evaluation> by(Metric metric, Metric otherwise) {
        return by(metric).thenComparing(by(otherwise));
    }

    private static Comparator<Evaluation> by(Metric metric) {
        Comparator<Evaluation> rising = Comparator.comparingDouble(evaluation -> evaluation.value(metric));
        return metric.rises() ? rising : rising.reversed();
    }

    /** As a checkpoint keeps it; names of metrics are spelled as the first checkpoints spelled them. */
    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("trainingLoss", trainingLoss);
        json.addProperty("epoch", epoch);
        json.addProperty("step", step);
        json.addProperty("validationLoss", validationLoss);
        metrics.forEach((metric, value) -> json.addProperty(metric.key(), value));
        return json;
    }

    static Evaluation fromJson(JsonObject json) {
        Map<Metric, Double> metrics = new LinkedHashMap<>();
        json.asMap().forEach((key, value) -> Arrays.stream(Metric.values()).filter(metric -> metric.key().equals(key))
                .forEach(metric -> metrics.put(metric, value.getAsDouble())));
        return new Evaluation(json.get("trainingLoss").getAsDouble(), json.get("epoch").getAsDouble(),
                json.get("step").getAsLong(), json.get("validationLoss").getAsDouble(), metrics);
    }
}
