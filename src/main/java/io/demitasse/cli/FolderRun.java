package io.demitasse.cli;

import io.demitasse.file.WholeFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import picocli.CommandLine;

/** A command's work on many files, into a folder of results. */
final class FolderRun<T> implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    private final ResultsFolder folder;
    private final LineInput<T> lines;
    private final LineInput.Worker<T> worker;
    private final PrintWriter error;
    private final Progress progress = Progress.open("texts", -1);
    private int done;
    private int skipped;
    private int failed;
    private int blank;

    FolderRun(ResultsFolder folder, LineInput<T> lines, LineInput.Worker<T> worker, PrintWriter error) {
        this.folder = folder;
        this.lines = lines;
        this.worker = worker;
        this.error = error;
    }

    /**
     * Works on the files, and then on those that other processes worked on and did not finish: when this returns, the
     * results of all are there but of those that failed.
     *
     * @return the command's exit code
     */
    int over(List<InputFile> files) throws IOException {
        List<InputFile> others = new ArrayList<>();
        for (InputFile file : files) {
            try (FileLock claim = folder.tryClaim(file)) {
                if (claim == null) {
                    others.add(file);
                } else {
                    one(file);
                }
            }
        }
        for (InputFile file : others) {
            progress.message("waiting for another process at " + file.path().getFileName());
            try (FileLock claim = folder.claim(file)) {
                one(file);
            }
        }
        if (!others.isEmpty()) {
            folder.deleteLeftovers();
        }
        tell(counted(done, "file") + " done, " + skipped + " skipped"
                + (failed > 0 ? ", " + failed + " failed" : "")
                + (blank > 0 ? "; " + counted(blank, "blank line") + " left out" : ""));
        return failed == 0 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private static String counted(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private void one(InputFile file) {
        try {
            InputFile.State state = file.state();
            if (folder.has(file, state)) {
                skipped++;
                return;
            }
            progress.message(file.path().getFileName().toString());
            // Opened here: what fails while the results are written is told as theirs.
            try (InputStream stream = file.open()) {
                WholeFile.create(folder.file(file), channel -> write(file, state, stream, channel));
            }
            done++;
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            failed++;
            tell(Demitasse.message(e));
        }
    }

    private void write(InputFile file, InputFile.State state, InputStream stream, FileChannel channel) throws IOException {
        OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER) {
            @Override
            public void close() throws IOException {
                flush();    // the channel is still to be forced
            }
        };
        int skippedHere;
        try (OutputStream results = file.gzip() ? new GZIPOutputStream(buffered, BUFFER) : buffered;
                Output output = new Output(results, folder.file(file).toString())) {
            Batches<T> batches = LineInput.batches(items -> worker.work(items, output));
            skippedHere = batches.ofLines(stream, file.path().toString(), file.json() ? lines::ofJson : lines::ofText,
                    progress);
        }
        if (!file.state().equals(state)) {
            throw new IllegalArgumentException(file.path() + ": was changed while it was read");
        }
        folder.note(file, state);
        blank += file.json() ? 0 : skippedHere;
    }

    private void tell(String line) {
        progress.above(() -> error.println("demitasse: " + line));
    }

    @Override
    public void close() {
        progress.close();
    }
}
