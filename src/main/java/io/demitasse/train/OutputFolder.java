package io.demitasse.train;

import io.demitasse.file.FlatFileWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder that a training writes to. */
final class OutputFolder {

    private static final String CHECKPOINT = "checkpoint.flat";
    private static final String MODEL = "model.flat";

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
        return folder.resolve("best.flat");
    }

    /** The model after the last step. */
    Path model() {
        return folder.resolve(MODEL);
    }

    Path log() {
        return folder.resolve("training-log.jsonl");
    }

    Path plot() {
        return folder.resolve("training.svg");
    }

    /** Whether a training has written here that a new one would overwrite. */
    static boolean isUsed(Path folder) {
        return Files.exists(folder.resolve(CHECKPOINT)) || Files.exists(folder.resolve(MODEL));
    }

    /** Deletes what a killed training left half written; only who holds the log's lock may. */
    void deleteLeftovers() throws IOException {
        for (Path file : new Path[] {checkpoint(), best(), model()}) {
            try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, file.getFileName() + ".*.tmp")) {
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

    static void write(String text, Path target) throws IOException {
        write(target, path -> Files.write(path, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Writes a file so that a failure names it, says what is left, and how to go on. */
    static void write(Path target, Writing writing) throws IOException {
        try {
            writing.write(target);
        } catch (IOException e) {
            String reason = e instanceof FileSystemException f && f.getReason() != null ? f.getReason()
                    : e.getMessage();
            throw new IOException(target + ": cannot be written: " + reason
                    + "; make room and resume: the last checkpoint is intact", e);
        }
    }
}
