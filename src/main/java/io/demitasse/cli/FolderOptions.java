package io.demitasse.cli;

import io.demitasse.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** For commands that also work on files, one after the other, and write a file of results for each. */
final class FolderOptions {

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Option(names = "--input", paramLabel = "FILE", arity = "1..*",
            description = "Read files: .txt, a text a line, or .jsonl, both also with .gz behind. A folder stands for its"
                    + " files, a quoted pattern for those that it matches.")
    List<String> input = List.of();

    @Option(names = "--output", paramLabel = "FOLDER",
            description = "Write JSON lines to a file for each of --input. What is there already is not made again, so a"
                    + " command that was killed goes on where it was; several may work on one folder.")
    Path output;

    private List<InputFile> files = List.of();

    boolean areGiven() {
        return output != null || !input.isEmpty();
    }

    /**
     * Checks what can be checked before a model is opened.
     *
     * @throws IllegalArgumentException if a file cannot be worked on by this command, or not into this folder
     */
    void check(LineInput<?> lines) throws IOException {
        if (!areGiven()) {
            return;
        }
        if (output == null || input.isEmpty()) {
            throw TaskCommand.wrongUsage(spec, output == null ? "--input needs --output, the folder for results"
                    : "--output needs --input, the files to read");
        }
        if (lines.hasArguments()) {
            throw TaskCommand.wrongUsage(spec, "--input reads files, so texts cannot be arguments as well");
        }
        files = InputFiles.find(input, lines.jsonl);
        for (InputFile file : files) {
            file.state();
            if (!file.json() && !lines.whyNoLines().isEmpty()) {
                throw new IllegalArgumentException(file.path() + ": holds texts alone, but " + lines.whyNoLines()
                        + ": give a .jsonl file of objects with them");
            }
            Path folder = file.path().toAbsolutePath().getParent();
            if (Files.exists(output) && Files.isSameFile(folder, output)) {
                throw new IllegalArgumentException(output + ": is the folder of " + file.path() + ", which is read: choose"
                        + " another --output");
            }
        }
    }

    /**
     * Hands all that there is to work on to the worker: from files, if such are given, or else from where it comes.
     *
     * @param model the file of the model that the worker uses
     * @return the command's exit code
     */
    <T> int forEachBatch(LineInput<T> lines, Path model, Model opened, LineInput.Worker<T> worker) throws IOException {
        if (!areGiven()) {
            lines.forEachBatch(worker);
            return 0;
        }
        try (ResultsFolder folder = ResultsFolder.open(output, ResultsMaker.of(spec, model, opened));
                FolderRun<T> run = new FolderRun<>(folder, lines, worker, spec.commandLine().getErr())) {
            return run.over(files);
        }
    }
}
