package io.demitasse.train;

import io.demitasse.file.FlatFileWriter;
import io.demitasse.file.WholeFile;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The folder that a training writes to. */
final class OutputFolder {

    private static final String CHECKPOINT = "checkpoint.flat";
    private static final String MODEL = "model.flat";
    private static final String BEST = "best.flat";
    private static final String LOG = "training-log.jsonl";
    private static final String PLOT = "training.svg";
    private static final List<String> FILES = List.of(CHECKPOINT, MODEL, BEST, LOG, PLOT);

    private final Path folder;

    /** Makes the folder if it is not there yet. */
    OutputFolder(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new FileSystemException(folder.toString(), null, "a file, not a folder to write to");
        }
        this.folder = Files.createDirectories(folder);
    }

    /** All that is needed to go on. */
    Path checkpoint() {
        return folder.resolve(CHECKPOINT);
    }

    /** The model as it was at the best evaluation. */
    Path best() {
        return folder.resolve(BEST);
    }

    /** The model after the last step. */
    Path model() {
        return folder.resolve(MODEL);
    }

    Path log() {
        return folder.resolve(LOG);
    }

    Path plot() {
        return folder.resolve(PLOT);
    }

    /** Whether a training has written here that a new one would overwrite. */
    static boolean isUsed(Path folder) {
        return Files.exists(folder.resolve(CHECKPOINT)) || Files.exists(folder.resolve(MODEL));
    }

    /** Deletes what a killed training left half written; only who holds the log's lock may. */
    void deleteLeftovers() throws IOException {
        for (String file : FILES) {
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, file + ".*.tmp")) {
                for (Path leftover : leftovers) {
                    Files.deleteIfExists(leftover);
                }
            }
        }
    }

    /** One of the ways to write a file. */
    @FunctionalInterface
    interface Writing {
        void write(Path target) throws IOException;
    }

    static void write(FlatFileWriter writer, Path target) throws IOException {
        write(target, writer::write);
    }

    void plot(String svg) throws IOException {
        write(plot(), path -> WholeFile.write(path, WholeFile.Kind.PLOT,
                channel -> Channels.newOutputStream(channel).write(svg.getBytes(StandardCharsets.UTF_8))));
    }

    /** Writes a file so that a failure names it, says what is left, and how to go on. */
    static void write(Path target, Writing writing) throws IOException {
        try {
            writing.write(target);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** What to say when a file in a training's folder cannot be written. */
    static IOException failure(Path file, IOException e) {
        String reason = e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
        boolean resumable = Files.exists(file.resolveSibling(CHECKPOINT));
        return new IOException(file + ": cannot be written: " + reason + (resumable
                ? "; make room and resume: the last checkpoint is intact"
                : "; make room and begin anew: there is no checkpoint yet"), e);
    }

    /** Refuses an input that the training would write over. */
    static void checkInputs(Path folder, Path... inputs) throws IOException {
        for (String name : FILES) {
            Path file = folder.resolve(name);
            for (Path input : inputs) {
                if (Files.exists(file) && Files.exists(input) && Files.isSameFile(file, input)) {
                    throw new IllegalArgumentException(input + ": the training would write over it: choose another"
                            + " output folder than " + folder);
                }
            }
        }
    }
}
