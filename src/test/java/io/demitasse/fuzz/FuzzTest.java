package io.demitasse.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.Dataset;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever comes from outside is read, or refused with the exception that is meant for it. A short part of it runs
 * always; {@code -Ddemitasse.fuzz.inputs=N} gives each test N inputs, {@code -Ddemitasse.fuzz.seed=S} others.
 */
class FuzzTest {

    private static final int INPUTS = Integer.getInteger("demitasse.fuzz.inputs", 1000);
    private static final long SEED = Long.getLong("demitasse.fuzz.seed", 1);
    private static final Options PLAIN = Options.defaults().withKernels("plain").withThreads(1);
    private static final int PREAMBLE = 24;
    /** No input is longer than some kilobytes: none has a reason to take this long. */
    private static final long LONGEST_NANOS = 5_000_000_000L;

    @TempDir
    static Path folder;

    private static byte[] model;
    private static int header;

    /** Something that reads an input, and may refuse it with the exceptions that the test allows. */
    @FunctionalInterface
    private interface Reader {
        void read(byte[] input) throws IOException;
    }

    /** Makes the next input. */
    @FunctionalInterface
    private interface Source {
        byte[] next(Random random, Mutator mutator);
    }

    @BeforeAll
    static void aModel() throws IOException {
        model = Files.readAllBytes(TestModels.tinyWithWords(folder.resolve("words.flat")));
        header = (int) ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN).getLong(16);
    }

    private static void fuzz(Class<? extends Exception> allowed, Source source, Reader reader) {
        int refused = 0;
        for (int i = 0; i < INPUTS; i++) {
            Random random = new Random(SEED * 1_000_003 + i);
            byte[] input = source.next(random, new Mutator(random));
            long start = System.nanoTime();
            try {
                reader.read(input);
            } catch (Exception | StackOverflowError | AssertionError e) {
                if (!allowed.isInstance(e)) {
                    throw new AssertionError("input " + i + " of seed " + SEED + ": "
                            + HexFormat.of().formatHex(input, 0, Math.min(input.length, 6000)), e);
                }
                assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
                refused++;
            }
            assertThat(System.nanoTime() - start).as("nanoseconds for input %d of seed %d", i, SEED)
                    .isLessThan(LONGEST_NANOS);
        }
        assertThat(refused).as("inputs refused").isGreaterThan(INPUTS / 50);
    }

    /** The model with a mutated header, padded or cut to its old length, or with a length of its own. */
    private static byte[] damagedModel(Random random, Mutator mutator) {
        if (random.nextInt(8) == 0) {
            return mutator.mutate(model, 0, PREAMBLE + header + random.nextInt(64));
        }
        byte[] json = Arrays.copyOfRange(mutator.mutate(model, PREAMBLE, PREAMBLE + header), PREAMBLE,
                model.length);
        byte[] mutated = Arrays.copyOf(json, json.length - (model.length - PREAMBLE - header));
        byte[] kept = Arrays.copyOf(mutated, header);
        if (mutated.length < header) {
            Arrays.fill(kept, mutated.length, header, (byte) ' ');
        } else if (mutated.length > header) {
            // What is too long loses spaces at its end first, as long as there are any.
            String text = new String(mutated, StandardCharsets.ISO_8859_1).stripTrailing();
            kept = Arrays.copyOf(text.getBytes(StandardCharsets.ISO_8859_1), header);
            if (text.length() < header) {
                Arrays.fill(kept, text.length(), header, (byte) ' ');
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // With its old checksum, hardly an input would come past it.
        CRC32 crc = new CRC32();
        crc.update(kept);
        out.writeBytes(ByteBuffer.wrap(Arrays.copyOf(model, PREAMBLE)).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(12, (int) crc.getValue()).array());
        out.writeBytes(kept);
        out.write(model, PREAMBLE + header, model.length - PREAMBLE - header);
        return out.toByteArray();
    }

    @Test
    void aWeightFilesHeaderAndTable() {
        fuzz(ModelFormatException.class, FuzzTest::damagedModel, input -> {
            try (FlatFile file = FlatFile.read(new ByteArrayInputStream(input))) {
                file.verify();
                for (var tensor : file.tensors()) {
                    if (tensor.bytes() < 10_000 && !tensor.name().equals(FlatFile.VOCABULARY)) {
                        file.floats(tensor.name());
                    }
                }
            }
        });
    }

    @Test
    void aModelThatLoadsAlsoWorks() {
        fuzz(ModelFormatException.class, FuzzTest::damagedModel, input -> {
            try (TextClassifier classifier = TextClassifier.load(new ByteArrayInputStream(input), PLAIN)) {
                assertThat(classify(classifier).labelId()).isBetween(0, classifier.labels().size() - 1);
            }
        });
    }

    private static Classification classify(TextClassifier classifier) {
        try {
            return classifier.classify("a good film [SEP] not bad .");
        } catch (IllegalArgumentException e) {
            // Its vocabulary's name was changed.
            assertThat(e).hasMessageStartingWith("this model has no vocabulary");
            return classifier.classifyIds(new int[] {1, 5, 9});
        }
    }

    @Test
    void aVocabulary() {
        byte[] words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nna\u00EFve\n\u4E2D\n".getBytes(StandardCharsets.UTF_8);
        fuzz(IllegalArgumentException.class, (random, mutator) -> mutator.mutate(words, 0, words.length), input -> {
            WordPieceTokenizer tokenizer = new WordPieceTokenizer(Vocabulary.parse(input), TokenizerSettings.uncased());
            assertThat(tokenizer.encode("a abb na\u00EFve \u4E2D ?").size()).isGreaterThanOrEqualTo(2);
        });
    }

    @Test
    void aText() throws IOException {
        Vocabulary vocabulary = Vocabulary.read(Path.of("src/test/resources/wordpiece/vocab.txt"));
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(vocabulary, TokenizerSettings.uncased());
        WordPieceTokenizer plain = new WordPieceTokenizer(vocabulary,
                TokenizerSettings.uncased().withSplitSpecialTokens(true));
        // A length that is refused now and then, so that this is seen to work.
        fuzz(IllegalArgumentException.class, (random, mutator) -> text(random), input -> {
            String text = ByteBuffer.wrap(input).asCharBuffer().toString();
            int length = text.length() % 20;
            for (WordPieceTokenizer one : List.of(tokenizer, plain)) {
                Encoding whole = one.encode(text, Integer.MAX_VALUE);
                for (int t = 1; t < whole.size() - 1; t++) {
                    assertThat(whole.start(t)).isBetween(0, whole.end(t) - 1);
                    assertThat(whole.end(t)).isLessThanOrEqualTo(text.length());
                }
                Encoding cut = one.encode(text, length);
                assertThat(cut.size() + cut.tokensCut()).isEqualTo(whole.size());
                assertThat(one.encodeWindows(text, length, length / 2)).allMatch(window -> window.size() <= length);
                assertThat(one.encode(text, text, length).size()).isLessThanOrEqualTo(length);
            }
        });
    }

    private static byte[] text(Random random) {
        List<String> parts = List.of("the ", "unaffable", "[SEP]", "[MASK", "\u0301", "\uD83D\uDE00", "\uD83D", "\u4E2D",
                "\u200B", "\u00A0", "\uAC00", "\u0130", "\u2126", "!", "a".repeat(101), "\u0000", "\uFFFD", "\u0344", "\t");
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            if (random.nextBoolean()) {
                text.append(parts.get(random.nextInt(parts.size())));
            } else if (random.nextBoolean()) {
                text.append((char) random.nextInt(0x10000));
            } else {
                text.appendCodePoint(random.nextInt(0x110000));
            }
        }
        // Not getBytes, which would mend lone surrogates.
        ByteBuffer bytes = ByteBuffer.allocate(2 * text.length());
        text.chars().forEach(unit -> bytes.putChar((char) unit));
        return bytes.array();
    }

    @Test
    void aTableOfExamples() throws IOException {
        fuzzRows("rows.tsv", "sentence\tlabel\ngood film\t1\n\"bad\tNEGATIVE\n\nna\u00EFve \u4E2D\tPOSITIVE\r\n");
    }

    @Test
    void aCsvOfExamples() throws IOException {
        fuzzRows("rows.csv", "sentence,label\r\n\"good, \"\"film\"\"\",1\n\"two\nlines\",NEGATIVE\n\nx,POSITIVE\r\n");
    }

    @Test
    void jsonLinesOfExamples() throws IOException {
        fuzzRows("rows.jsonl", "{\"text\":\"good\",\"label\":1}\n\n{\"sentence\":\"a\\n\",\"label\":\"NEGATIVE\"}\n");
    }

    private void fuzzRows(String name, String rows) throws IOException {
        byte[] bytes = rows.getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve(name);
        fuzz(IllegalArgumentException.class, (random, mutator) -> mutator.mutate(bytes, 0, bytes.length), input -> {
            Files.write(file, input);
            Dataset.read(file, List.of("NEGATIVE", "POSITIVE")).forEach(example ->
                    assertThat(example.label()).isBetween(0, 1));
        });
    }
}
