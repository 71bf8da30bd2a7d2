package io.demitasse.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.StrictJson;
import io.demitasse.file.WholeFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A folder of results, a file for each input file, that several processes may fill together. Its log is a JSON object a
 * line: first by what all of it is made, then what each file of results is made of, written just before that file takes
 * its name. So a file of results that is there is whole, and it is known whether it is the one that is wanted.
 *
 * <p>A process claims a file by locking the byte of the log whose number is made of the file's name, however long the log
 * is. A lock ends with its process, however that ends. Byte 0 stands for the log itself.
 */
final class ResultsFolder implements Closeable {

    /** Those who read the folder as a table, Spark among them, pass over such names. */
    private static final String LOG = "_demitasse.jsonl";

    private static final Set<String> FIELDS = Set.of("output", "input", "bytes", "modified");

    private final Path folder;
    private final Path log;
    private final FileChannel channel;
    private final Map<String, JsonObject> made = new HashMap<>();

    private ResultsFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.log = folder.resolve(LOG);
        this.channel = channel;
    }

    /**
     * Opens a folder, which is made if need be.
     *
     * @param maker by what the results are made, without what makes no difference to them
     * @throws IllegalArgumentException if what is in it was made by something else
     */
    static ResultsFolder open(Path path, ResultsMaker maker) throws IOException {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "a file, not a folder to write to");
        }
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path);      // which refuses a link to a folder
        }
        FileChannel channel = FileChannel.open(path.resolve(LOG), StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE);
        ResultsFolder folder = new ResultsFolder(path, channel);
        try (FileLock lock = folder.lockLog()) {
            JsonObject there = folder.read();
            if (there == null) {
                folder.append(maker.json());
            } else {
                maker.check(path, there);
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        folder.deleteLeftovers();
        return folder;
    }

    Path file(InputFile input) {
        return folder.resolve(input.results());
    }

    /** The claim on a file's results, to be given back when it is closed; null if another process has it. */
    @Nullable FileLock tryClaim(InputFile input) throws IOException {
        return channel.tryLock(place(input.results()), 1, false);
    }

    /** The claim on a file's results, as soon as no other process has it. */
    FileLock claim(InputFile input) throws IOException {
        return channel.lock(place(input.results()), 1, false);
    }

    /**
     * Whether the results of a file are there; asked by who has the claim on them.
     *
     * @throws IllegalArgumentException if what is there was made of something else
     */
    boolean has(InputFile input, InputFile.State state) throws IOException {
        Path file = file(input);
        if (!Files.exists(file)) {
            return false;
        }
        JsonObject record = made.get(input.results());
        if (record == null || !record.equals(record(input, state, record.get("input")))) {
            try (FileLock lock = lockLog()) {
                read();     // what others have written since
            }
            record = made.get(input.results());
        }
        if (record == null) {
            throw new IllegalArgumentException(file + ": is there already, but " + LOG + " does not say of what it was made:"
                    + " move it away, or choose another --output");
        }
        if (!record.equals(record(input, state, record.get("input")))) {
            throw new IllegalArgumentException(file + ": was made of " + record.get("input").getAsString() + " as of "
                    + record.get("modified").getAsString() + ", not of " + input.path() + " as it is now: delete it to"
                    + " have it made again, or choose another --output");
        }
        return true;
    }

    /** Notes of what a file's results are made; before they take their name. */
    void note(InputFile input, InputFile.State state) throws IOException {
        JsonObject record = record(input, state, new JsonPrimitive(input.path().toAbsolutePath().normalize().toString()));
        try (FileLock lock = lockLog()) {
            read();
            append(record);
        }
        made.put(input.results(), record);
    }

    private static JsonObject record(InputFile input, InputFile.State state, JsonElement path) {
        JsonObject record = new JsonObject();
        record.addProperty("output", input.results());
        record.add("input", path);
        record.addProperty("bytes", state.bytes());
        record.addProperty("modified", state.modified());
        return record;
    }

    /** Deletes what killed processes left half written: what nobody has a claim on. */
    void deleteLeftovers() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tmp")) {
            for (Path file : files) {
                String target = WholeFile.leftOf(file.getFileName().toString());
                if (target != null) {
                    try (FileLock claim = channel.tryLock(place(target), 1, false)) {
                        if (claim != null) {
                            Files.deleteIfExists(file);
                        }
                    }
                }
            }
        }
    }

    static long place(String results) {
        // 61 bits of a name's digest: that two files have one place is not to be expected, and would only make one wait.
        UUID digest = UUID.nameUUIDFromBytes(results.getBytes(StandardCharsets.UTF_8));
        return 1 + (digest.getLeastSignificantBits() & Long.MAX_VALUE >>> 2);
    }

    private FileLock lockLog() throws IOException {
        try {
            return channel.lock(0, 1, false);
        } catch (IOException e) {
            throw new FileSystemException(log.toString(), null, "cannot be locked: " + e.getMessage());
        }
    }

    /** Reads what was added to the log since it was last read; the first line is given back, if it is among it. */
    private @Nullable JsonObject read() throws IOException {
        JsonObject first = null;
        long start = channel.position();
        byte[] bytes = Channels.newInputStream(channel).readAllBytes();
        int line = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                boolean header = start == 0 && line == 0;
                JsonObject object = object(new String(bytes, line, i - line, StandardCharsets.UTF_8),
                        header ? ResultsMaker.FIELDS : FIELDS);
                if (header) {
                    first = object;
                } else {
                    made.put(object.get("output").getAsString(), object);
                }
                line = i + 1;
            }
        }
        // Behind the last whole line stands what a process was killed at.
        channel.position(start + line);
        return first;
    }

    private JsonObject object(String line, Set<String> fields) {
        try {
            JsonElement json = StrictJson.parseLine(line);
            if (json.isJsonObject() && json.getAsJsonObject().keySet().equals(fields)) {
                return json.getAsJsonObject();
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new IllegalArgumentException(log + ": is damaged, or not this Demitasse's log of results: move it away with"
                + " the results beside it, or choose another --output");
    }

    private void append(JsonObject object) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((ResultsMaker.GSON.toJson(object) + "\n").getBytes(StandardCharsets.UTF_8));
        channel.truncate(channel.position());
        while (line.hasRemaining()) {
            channel.write(line);
        }
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
