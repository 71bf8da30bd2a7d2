package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that was damaged somewhere is refused, or the damage did not matter; it is never read as something else. */
class DamagedFlatFileTest {

    private static final Path FOLDER = Path.of("src/test/resources/tiny-distilbert");
    private static final Options PLAIN = Options.defaults().withKernels("plain").withThreads(1);
    private static final int[] IDS = {1, 5, 9, 199, 0, 3};
    private static final String CHECKSUM = "header_crc32";

    private record Contents(JsonObject config, JsonObject tokenizer, List<String> labels, Map<String, TensorInfo> table,
                            Map<String, float[]> tensors) {

        static Contents of(Path path) {
            try (FlatFile file = FlatFile.open(path)) {
                file.verify();
                Map<String, TensorInfo> table = new LinkedHashMap<>();
                Map<String, float[]> tensors = new LinkedHashMap<>();
                file.tensors().forEach(tensor -> {
                    table.put(tensor.name(), tensor);
                    tensors.put(tensor.name(), file.floats(tensor.name()));
                });
                return new Contents(file.config(), file.tokenizer(), file.labels(), table, tensors);
            }
        }

        boolean isSame(Contents other) {
            return config.equals(other.config) && tokenizer.equals(other.tokenizer) && labels.equals(other.labels)
                    && table.equals(other.table)
                    && tensors.keySet().stream().allMatch(name ->
                            Arrays.equals(tensors.get(name), other.tensors.get(name)));
        }
    }

    /** The same for the format's first version, whose header's checksum stands in the header. */
    static class DamagedVersion1Test extends DamagedFlatFileTest {

        @Override
        Path soundFile() {
            return FOLDER.resolve("version-1.flat");
        }

        @Override
        boolean isChecksumInHeader() {
            return true;
        }
    }

    Path soundFile() {
        return FOLDER.resolve("tiny-distilbert.flat");
    }

    boolean isChecksumInHeader() {
        return false;
    }

    @TempDir
    Path folder;

    private Path path;
    private int written;
    private byte[] sound;
    private int headerEnd;
    private Contents contents;
    private float[] logits;

    @BeforeEach
    void theSoundFile() throws IOException {
        sound = Files.readAllBytes(soundFile());
        headerEnd = 24 + (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong(16);
        contents = Contents.of(soundFile());
        logits = classify(soundFile());
    }

    private static float[] classify(Path path) {
        try (TextClassifier classifier = TextClassifier.load(path, PLAIN)) {
            return classifier.classifyIds(IDS).logits();
        }
    }

    /** A new file each time: writing over one whose memory maps Java has not collected yet is slow. */
    private void write(byte[] file) throws IOException {
        if (path != null) {
            Files.delete(path);
        }
        path = Files.write(folder.resolve("damaged-" + written++ + ".flat"), file);
    }

    /** Whether both ways of reading refuse the file; if they do not, both must give what the sound file gives. */
    private boolean isRefused(byte[] file, String damage) throws IOException {
        write(file);
        boolean refused = false;
        try {
            assertThat(Contents.of(path).isSame(contents)).as("%s: contents are the sound file's", damage).isTrue();
        } catch (ModelFormatException e) {
            assertThat(e).hasMessageStartingWith(path + ": ");
            refused = true;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            fail(damage, e);
        }
        try {
            assertThat(classify(path)).as(damage).containsExactly(logits);
            assertThat(refused).as("%s: FlatFile refuses it, and so should TextClassifier", damage).isFalse();
        } catch (ModelFormatException e) {
            assertThat(refused).as("%s: TextClassifier says %s", damage, e.getMessage()).isTrue();
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            fail(damage, e);
        }
        return refused;
    }

    /** Bytes whose damage is none: zeros between tensors, and the name of the checksum, which then is another fact. */
    private boolean matters(int at) {
        String header = new String(sound, 0, headerEnd, StandardCharsets.ISO_8859_1);
        int name = header.indexOf(CHECKSUM);
        if (at < headerEnd) {
            return !isChecksumInHeader() || at < name || at >= name + CHECKSUM.length();
        }
        return contents.table().values().stream().anyMatch(tensor ->
                at >= tensor.offset() && at < tensor.offset() + tensor.bytes());
    }

    private void flip(int at, int bits) throws IOException {
        byte[] file = sound.clone();
        file[at] ^= (byte) bits;
        boolean refused = isRefused(file, String.format("byte %d with bits %02x flipped", at, bits));
        if (matters(at)) {
            assertThat(refused).as("byte %d with bits %02x flipped is refused", at, bits).isTrue();
        }
    }

    @Test
    void everyBitOfTheFirst24Bytes() throws IOException {
        for (int at = 0; at < 24; at++) {
            for (int bit = 0; bit < 8; bit++) {
                flip(at, 1 << bit);
            }
            flip(at, 0xFF);
        }
    }

    @Test
    void bitsAndBytesOfTheHeader() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            flip(24 + random.nextInt(headerEnd - 24), 1 << random.nextInt(8));
            flip(24 + random.nextInt(headerEnd - 24), 1 + random.nextInt(255));
        }
    }

    @Test
    void theChecksumAndWhatStandsAroundIt() throws IOException {
        assumeTrue(isChecksumInHeader(), "it is among the first 24 bytes, each bit of which another test flips");
        int name = new String(sound, 0, headerEnd, StandardCharsets.ISO_8859_1).indexOf(CHECKSUM);
        for (int at = name - 20; at < name + 30; at++) {
            for (int bit = 0; bit < 8; bit++) {
                flip(at, 1 << bit);
            }
        }
    }

    @Test
    void bitsAndBytesOfTheTensors() throws IOException {
        Random random = new Random(2);
        for (int i = 0; i < 150; i++) {
            flip(headerEnd + random.nextInt(sound.length - headerEnd), 1 << random.nextInt(8));
            flip(headerEnd + random.nextInt(sound.length - headerEnd), 1 + random.nextInt(255));
        }
    }

    @Test
    void cuts() throws IOException {
        Random random = new Random(3);
        List<Integer> lengths = new ArrayList<>(List.of(0, 1, 7, 8, 23, 24, 25, 26, 63, 64, 128, headerEnd - 64,
                headerEnd - 1, headerEnd, headerEnd + 1, sound.length - 64, sound.length - 1));
        for (int i = 0; i < 100; i++) {
            lengths.add(random.nextInt(headerEnd));
            lengths.add(random.nextInt(sound.length));
        }
        for (int length : lengths) {
            assertThat(isRefused(Arrays.copyOf(sound, length), "cut at " + length)).as("cut at %d", length).isTrue();
        }
    }

    @Test
    void missingAndDoubledBytes() throws IOException {
        Random random = new Random(4);
        for (int i = 0; i < 100; i++) {
            int at = random.nextInt(i % 2 == 0 ? headerEnd : sound.length);
            int length = 1 + random.nextInt(100);
            byte[] shorter = new byte[Math.max(at, sound.length - length)];
            System.arraycopy(sound, 0, shorter, 0, at);
            System.arraycopy(sound, sound.length - (shorter.length - at), shorter, at, shorter.length - at);
            isRefused(shorter, length + " bytes missing at " + at);

            byte[] longer = new byte[sound.length + length];
            System.arraycopy(sound, 0, longer, 0, at);
            System.arraycopy(sound, at, longer, at + length, sound.length - at);
            isRefused(longer, length + " bytes too many at " + at);
        }
    }

    /** Without a checksum a damaged header may say something else, but reading it must end well or in one line. */
    @Test
    void headersWithoutAChecksumNeverCauseAnotherException() throws IOException {
        String header = new String(sound, 0, headerEnd, StandardCharsets.ISO_8859_1);
        byte[] unchecked = sound.clone();
        if (isChecksumInHeader()) {
            unchecked[header.indexOf(CHECKSUM)] = 'H';
        }
        Random random = new Random(5);
        for (int i = 0; i < 1500; i++) {
            byte[] file = unchecked.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                int at = 24 + random.nextInt(headerEnd - 24);
                // Digits become other digits, so that most of these headers are still JSON.
                file[at] = (byte) (file[at] >= '0' && file[at] <= '9' ? '0' + random.nextInt(10)
                        : file[at] ^ 1 << random.nextInt(7));
            }
            if (!isChecksumInHeader()) {
                CRC32 crc = new CRC32();
                crc.update(file, 24, headerEnd - 24);
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(12, (int) crc.getValue());
            }
            write(file);
            try {
                Contents.of(path);
                classify(path);
            } catch (ModelFormatException e) {
                assertThat(e).hasMessageStartingWith(path + ": ");
                assertThat(e.getMessage().lines().count()).isOne();
            } catch (IllegalArgumentException e) {
                // The config may now have fewer positions or words than the ids ask for.
                assertThat(e.getMessage()).containsAnyOf("positions", "vocabulary");
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                fail("flips number " + i, e);
            }
        }
    }
}
