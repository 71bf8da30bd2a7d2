package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonPrimitive;
import io.demitasse.file.GzipStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder of texts, and what classifying them on the command line is to give. */
abstract class FolderFixture {

    static final Path HEADS = Path.of("src/test/resources/heads");
    private static final Pattern SUMMARY = Pattern.compile("demitasse: (\\d+) files? done, (\\d+) skipped"
            + "(, (\\d+) failed)?(; \\d+ blank lines? left out)?");

    @TempDir
    Path folder;
    Path in;
    Path out;

    @BeforeEach
    void folders() throws IOException {
        in = Files.createDirectory(folder.resolve("in"));
        out = folder.resolve("out");
    }

    static List<String> texts(int count, int seed) {
        String[] words = "the movie was not good bad great dull and of a in it is plot John Berlin Acme \u00FCber".split(" ");
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder("so");
            for (int w = random.nextInt(20); w > 0; w--) {
                text.append(' ').append(words[random.nextInt(words.length)]);
            }
            texts.add(text.toString());
        }
        return texts;
    }

    static String json(List<String> texts) {
        StringBuilder lines = new StringBuilder();
        texts.forEach(text -> lines.append(new JsonPrimitive(text)).append('\n'));
        return lines.toString();
    }

    static byte[] gzip(String content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    static String gunzip(Path file) throws IOException {
        try (InputStream stream = new GzipStream(Files.newInputStream(file))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static String[] arguments(String command, String model, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, "--model", HEADS.resolve(model).toString(),
                "--kernels", "plain"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    final String[] classify(String... more) {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.addAll(List.of("--output", out.toString()));
        return arguments("classify", "distilbert-nli", arguments.toArray(String[]::new));
    }

    final Run classifyAll() {
        return Run.of(classify("--input", in.toString()));
    }

    /** What stdin gives. */
    static String stream(String texts) {
        return Run.withInput(texts, arguments("classify", "distilbert-nli", "--json")).succeeds().out();
    }

    /** How many files were done, skipped and failed, by the last line on stderr. */
    static int[] summary(Run run) {
        String last = run.err().lines().reduce((a, b) -> b).orElse("");
        Matcher matcher = SUMMARY.matcher(last);
        assertThat(matcher.matches()).as(run.err()).isTrue();
        return new int[] {Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
            matcher.group(4) == null ? 0 : Integer.parseInt(matcher.group(4))};
    }

    static void assertDone(Run run, int done, int skipped) {
        assertThat(summary(run)).as(run.err()).containsExactly(done, skipped, 0);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exit()).isZero();
        run.printsNothing();
    }

    final List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Twenty files of two hundred texts; gives all that stdin makes of them, file by file. */
    final List<String> manyFiles() throws IOException {
        List<String> texts = texts(4000, 1);
        for (int i = 0; i < 20; i++) {
            Files.write(in.resolve(String.format("part-%02d.txt", i)), texts.subList(200 * i, 200 * (i + 1)));
        }
        List<String> lines = stream(String.join("\n", texts)).lines().toList();
        List<String> files = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            files.add(String.join("\n", lines.subList(200 * i, 200 * (i + 1))) + "\n");
        }
        return files;
    }

    final void assertAllThere(List<String> expected) throws IOException {
        List<String> names = new ArrayList<>(List.of("_demitasse.jsonl"));
        for (int i = 0; i < 20; i++) {
            String name = String.format("part-%02d.jsonl", i);
            names.add(name);
            assertThat(out.resolve(name)).hasContent(expected.get(i));
        }
        assertThat(names()).isEqualTo(names);
    }
}
