package io.demitasse.benchmarks.compare;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;

/**
 * PyTorch in a Python of its own, which runs pytorch_training.py: a line of JSON for each step goes there, and one with
 * the loss comes back. In the others' turns it waits for a line.
 */
final class PythonTraining implements TrainingPeer {

    private static final Gson GSON = new Gson();

    private record Step(int[][] ids, int[] labels, boolean dropout, double learningRate, double maxGradNorm) {
    }

    private final Process process;
    private final Writer requests;
    private final BufferedReader answers;
    private final String name;
    private final String version;

    PythonTraining(String python, Path script, Path model, int threads, boolean bf16) {
        name = bf16 ? "pytorch-python-bf16" : "pytorch-python";
        try {
            process = new ProcessBuilder(python, script.toString(), model.toString(), String.valueOf(threads),
                    bf16 ? "bf16" : "f32")
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            throw new IllegalStateException(python + ": " + e.getMessage(), e);
        }
        requests = process.outputWriter();
        answers = process.inputReader();
        version = answer().get("version").getAsString();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public double step(TrainingBatch batch, boolean dropout) {
        try {
            GSON.toJson(new Step(batch.ids(), batch.labels(), dropout, LEARNING_RATE, MAX_GRAD_NORM), requests);
            requests.write('\n');
            requests.flush();
        } catch (IOException e) {
            throw new IllegalStateException(name() + ": " + e.getMessage(), e);
        }
        return answer().get("loss").getAsDouble();
    }

    private JsonObject answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException(name() + " has ended");
            }
            return JsonParser.parseString(line).getAsJsonObject();
        } catch (IOException e) {
            throw new IllegalStateException(name() + ": " + e.getMessage(), e);
        }
    }

    /** Its loop ends with its input. */
    @Override
    public void close() {
        try {
            requests.close();
            process.waitFor();
        } catch (IOException e) {
            process.destroy();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }
}
