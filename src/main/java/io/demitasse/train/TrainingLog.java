package io.demitasse.train;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A JSON object for every step and every evaluation, one a line. It also keeps a second training out of the folder, by
 * a lock that ends with the process however that ends.
 */
final class TrainingLog implements AutoCloseable {

    private static final Gson GSON = new Gson();

    private final Path file;
    private final FileChannel channel;

    private TrainingLog(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens the log of a training.
     *
     * @throws IllegalArgumentException if another training is writing it
     */
    static TrainingLog open(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new FileSystemException(file.toString(), null, "not a file to write a log to");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE);
        try {
            if (channel.tryLock() == null) {
                throw new OverlappingFileLockException();
            }
            return new TrainingLog(file, channel);
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new IllegalArgumentException(file + ": another training is writing to this folder", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Keeps the lines up to a step, and drops what came after it or was half written. */
    void keepUntil(long step) throws IOException {
        // Read by this channel: closing another one of the same file would give up the lock.
        byte[] bytes = Channels.newInputStream(channel.position(0)).readAllBytes();
        int kept = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                if (stepOf(new String(bytes, kept, i - kept, StandardCharsets.UTF_8)) > step) {
                    break;
                }
                kept = i + 1;
            }
        }
        channel.truncate(kept);
        channel.position(kept);
    }

    private static long stepOf(String line) {
        try {
            JsonElement json = StrictJson.parse(line);
            return json.getAsJsonObject().get("step").getAsLong();
        } catch (RuntimeException e) {
            // Whatever this is, this training did not write it.
            return Long.MAX_VALUE;
        }
    }

    void write(StepResult result) throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty("step", result.step());
        json.addProperty("epoch", result.epoch());
        json.addProperty("loss", result.loss());
        json.addProperty("learning_rate", result.learningRate());
        json.addProperty("gradient_norm", result.gradientNorm());
        write(json);
    }

    void write(Evaluation evaluation) throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty("step", evaluation.step());
        json.addProperty("epoch", evaluation.epoch());
        json.addProperty("training_loss", evaluation.trainingLoss());
        json.addProperty("validation_loss", evaluation.validationLoss());
        evaluation.metrics().forEach((metric, value) -> json.addProperty(metric.key(), value));
        write(json);
    }

    private void write(JsonObject json) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (line.hasRemaining()) {
                channel.write(line);
            }
        } catch (IOException e) {
            throw OutputFolder.failure(file, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
