package io.demitasse.benchmarks;

import ai.djl.huggingface.tokenizers.Encoding;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * Demitasse's tokenizer and Hugging Face's Rust one called through DJL, on the same sentences, in turns, on one
 * thread. First checks that they agree.
 */
public final class TokenizerComparison {

    private static final int WARM_UP_ROUNDS = 3;
    private static final int ROUNDS = 7;
    private static final double ROUND_SECONDS = 1;

    private TokenizerComparison() {
    }

    /** Arguments: vocab.txt, a TSV file with a column sentence. */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: TokenizerComparison VOCAB.txt SENTENCES.tsv");
            System.exit(2);
        }
        Vocabulary vocabulary = Vocabulary.read(Path.of(args[0]));
        List<String> sentences = Sentences.read(Path.of(args[1]));
        WordPieceTokenizer demitasse = new WordPieceTokenizer(vocabulary, TokenizerSettings.uncased());
        try (RustTokenizer rust = new RustTokenizer(vocabulary, demitasse.settings())) {
            int tokens = check(sentences, demitasse, rust);
            System.out.printf(Locale.ROOT, "%d sentences, %d tokens: all ids and spans are equal%n",
                    sentences.size(), tokens);
            measure(sentences, demitasse, rust);
        }
    }

    private static int check(List<String> sentences, WordPieceTokenizer demitasse, RustTokenizer rust) {
        int tokens = 0;
        for (String sentence : sentences) {
            io.demitasse.tokenizer.Encoding ours = demitasse.encode(sentence);
            Encoding theirs = rust.encode(sentence);
            if (!TokenizerDifference.agree(ours, theirs, sentence, "")) {
                throw new IllegalStateException("the tokenizers disagree about: " + sentence);
            }
            tokens += ours.size();
        }
        return tokens;
    }

    private static void measure(List<String> sentences, WordPieceTokenizer demitasse, RustTokenizer rust) {
        long bytes = sentences.stream().mapToLong(s -> s.getBytes(StandardCharsets.UTF_8).length).sum();
        double megabytes = bytes / 1e6 / sentences.size();
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        double[] ratios = new double[ROUNDS];
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            double our = rate(sentences, s -> demitasse.encode(s).size());
            double their = rate(sentences, s -> rust.encode(s).getIds().length);
            if (round >= 0) {
                ours[round] = our;
                theirs[round] = their;
                ratios[round] = our / their;
            }
        }
        System.out.printf("%-22s %12s %12s %12s%n", "", "min", "median", "max");
        print("Demitasse sentences/s", ours, "%12.0f", 1);
        print("Rust+DJL sentences/s", theirs, "%12.0f", 1);
        print("Demitasse MB/s", ours, "%12.2f", megabytes);
        print("Rust+DJL MB/s", theirs, "%12.2f", megabytes);
        print("ratio", ratios, "%12.1f", 1);
    }

    /** Sentences a second, of whole passes over the sentences until the round's time is up. */
    private static double rate(List<String> sentences, ToIntFunction<String> encode) {
        long start = System.nanoTime();
        long encoded = 0;
        long tokens = 0;
        double seconds;
        do {
            for (String sentence : sentences) {
                tokens += encode.applyAsInt(sentence);
            }
            encoded += sentences.size();
            seconds = (System.nanoTime() - start) / 1e9;
        } while (seconds < ROUND_SECONDS);
        if (tokens < encoded) {
            throw new IllegalStateException("fewer tokens than sentences");
        }
        return encoded / seconds;
    }

    private static void print(String name, double[] values, String format, double scale) {
        double[] sorted = Arrays.stream(values).map(v -> v * scale).sorted().toArray();
        String row = "%-22s " + format + " " + format + " " + format + "%n";
        System.out.printf(Locale.ROOT, row, name, sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]);
    }
}
