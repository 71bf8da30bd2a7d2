package io.demitasse.benchmarks.compare;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes what a comparison found, for a file. */
final class Json {

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls()
            .serializeSpecialFloatingPointValues().create();

    private Json() {
    }

    static void write(Object report, Path file) throws IOException {
        Files.writeString(file, GSON.toJson(report) + "\n");
    }
}
