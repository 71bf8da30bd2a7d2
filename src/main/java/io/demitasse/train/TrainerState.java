package io.demitasse.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far a training is, but for the weights: all else hangs on the seed and the step. */
final class TrainerState {

    private static final String STEP = "step";
    private static final String LOSS_SUM = "lossSum";
    private static final String LOSS_COUNT = "lossCount";
    private static final String EVALUATIONS = "evaluations";

    /** Steps made. */
    long step;
    /** Of the steps' losses since the last evaluation. */
    double lossSum;
    long lossCount;
    final List<Evaluation> evaluations = new ArrayList<>();

    /** As a checkpoint keeps it. */
    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty(STEP, step);
        json.addProperty(LOSS_SUM, lossSum);
        json.addProperty(LOSS_COUNT, lossCount);
        JsonArray all = new JsonArray();
        evaluations.forEach(evaluation -> all.add(evaluation.toJson()));
        json.add(EVALUATIONS, all);
        return json;
    }

    static TrainerState fromJson(JsonObject json) {
        TrainerState state = new TrainerState();
        state.step = json.get(STEP).getAsLong();
        state.lossSum = json.get(LOSS_SUM).getAsDouble();
        state.lossCount = json.get(LOSS_COUNT).getAsLong();
        for (JsonElement evaluation : json.getAsJsonArray(EVALUATIONS)) {
            state.evaluations.add(Evaluation.fromJson(evaluation.getAsJsonObject()));
        }
        return state;
    }

    /** Which of the evaluations is the best, the first of equal ones; null before the first. */
    @Nullable Evaluation best(Comparator<Evaluation> order) {
        Evaluation best = null;
        for (Evaluation evaluation : evaluations) {
            if (best == null || order.compare(evaluation, best) > 0) {
                best = evaluation;
            }
        }
        return best;
    }

    /** Whether the last {@code patience} evaluations were all no better than one before them. */
    boolean outOfPatience(int patience, Comparator<Evaluation> order) {
        if (patience == 0 || evaluations.isEmpty()) {
            return false;
        }
        return evaluations.size() - 1 - evaluations.indexOf(best(order)) >= patience;
    }
}
