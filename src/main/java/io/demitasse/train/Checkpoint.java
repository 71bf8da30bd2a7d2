package io.demitasse.train;

import com.google.gson.JsonParseException;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.FlatFileWriter;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.StrictJson;
import io.demitasse.file.TensorInfo;
import io.demitasse.model.Parameter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A training at some step in one flat file: the model as any other file has it, and beside it the optimiser's moments
 * and, in the metadata, the step, the evaluations so far, and what must be the same when the training goes on. There is
 * no state of a random generator: every random number hangs on the seed and the step.
 */
final class Checkpoint {

    private static final String STATE = "training_state";
    private static final String SETTINGS = "training_settings";
    private static final String FIRST_MOMENT = "optimizer.first_moment.";
    private static final String SECOND_MOMENT = "optimizer.second_moment.";

    private Checkpoint() {
    }

    /**
     * Writes a checkpoint in place of the one before.
     *
     * @throws IOException if there is no room for it, say; the one before is then as it was
     */
    static void write(Path target, ModelTemplate template, List<Parameter> parameters, AdamW optimizer,
                      TrainerState state, TrainingSettings settings) throws IOException {
        FlatFileWriter writer = template.writer(parameters,
                Map.of(STATE, state.toJson().toString(), SETTINGS, settings.toString()));
        optimizer.moments().forEach((parameter, moments) -> {
            writer.floats(FIRST_MOMENT + parameter.name(), parameter.shape(), moments[0], Dtype.F32);
            writer.floats(SECOND_MOMENT + parameter.name(), parameter.shape(), moments[1], Dtype.F32);
        });
        writer.write(target);
    }

    /**
     * Checks that a file is an intact checkpoint of the same training.
     *
     * @throws ModelFormatException if it is damaged or no checkpoint
     * @throws IllegalArgumentException if a setting is not the same; the message names it
     */
    static TrainerState read(FlatFile file, TrainingSettings settings) {
        file.verify();
        Map<String, String> metadata = file.metadata();
        if (!metadata.containsKey(STATE) || !metadata.containsKey(SETTINGS)) {
            throw new ModelFormatException(file.path(), "not a checkpoint: its metadata has no " + STATE);
        }
        try {
            settings.checkSame(file.path(), StrictJson.parse(metadata.get(SETTINGS)).getAsJsonObject());
            return TrainerState.fromJson(StrictJson.parse(metadata.get(STATE)).getAsJsonObject());
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            throw new ModelFormatException(file.path(), "its metadata is not a checkpoint's: " + e.getMessage(), e);
        }
    }

    /**
     * The optimiser's moments of a parameter, {@code {m, v}}.
     *
     * @throws ModelFormatException if one is missing or not of the parameter's shape
     */
    static float[][] moments(FlatFile file, Parameter parameter) {
        return new float[][] {moment(file, FIRST_MOMENT, parameter), moment(file, SECOND_MOMENT, parameter)};
    }

    private static float[] moment(FlatFile file, String prefix, Parameter parameter) {
        TensorInfo tensor = file.tensor(prefix + parameter.name());
        if (!tensor.shape().equals(parameter.shape())) {
            throw ModelFormatException.of(file.path(), "tensor " + tensor.name() + ": shape", parameter.shape(),
                    tensor.shape());
        }
        return file.floats(tensor.name());
    }
}
