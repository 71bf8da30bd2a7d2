package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** GraalVM's native image keeps the resources that its metadata names, and no others. */
class NativeImageTest {

    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Path METADATA = Path.of("META-INF/native-image/io.demitasse/demitasse/reachability-metadata.json");

    @Test
    void everyResourceIsNamed() throws IOException {
        JsonObject metadata = JsonParser.parseString(Files.readString(RESOURCES.resolve(METADATA))).getAsJsonObject();
        List<PathMatcher> globs = new ArrayList<>();
        for (JsonElement resource : metadata.getAsJsonArray("resources")) {
            globs.add(FileSystems.getDefault().getPathMatcher(
                    "glob:" + resource.getAsJsonObject().get("glob").getAsString()));
        }
        try (Stream<Path> files = Files.walk(RESOURCES)) {
            assertThat(files.filter(Files::isRegularFile).map(RESOURCES::relativize).filter(file -> !file.equals(METADATA)))
                    .isNotEmpty().allMatch(file -> globs.stream().anyMatch(glob -> glob.matches(file)));
        }
    }
}
