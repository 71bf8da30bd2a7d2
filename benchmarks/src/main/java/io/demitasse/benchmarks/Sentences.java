package io.demitasse.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sentences of a file in SST-2's form: a line a sentence, label and text between tabs, a header. */
final class Sentences {

    private Sentences() {
    }

    static List<String> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        int column = List.of(lines.get(0).split("\t")).indexOf("sentence");
        if (column < 0) {
            throw new IllegalArgumentException(file + ": the first line names no column sentence");
        }
        return lines.stream().skip(1).map(line -> line.split("\t", -1)[column]).toList();
    }
}
