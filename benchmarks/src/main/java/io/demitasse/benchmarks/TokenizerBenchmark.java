package io.demitasse.benchmarks;

import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Encoding one sentence after another, in three scripts, and building a tokenizer. Needs {@code -p vocabulary=FILE},
 * and for the English sentences {@code -p sentences=FILE}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TokenizerBenchmark {

    private static final List<String> ACCENTED = List.of(
            "L'élève a reçu un très bon résultat à l'école française, malgré la forêt et l'été.",
            "Größere Häuser stehen übrigens außerhalb der schönen Städte; müde Füße gehören dazu.");
    private static final List<String> CJK = List.of(
            "这部电影非常精彩，值得一看。", "人人生而自由，在尊严和权利上一律平等。");

    @Param("")
    public String vocabulary;

    @Param("")
    public String sentences;

    private WordPieceTokenizer tokenizer;
    private byte[] vocabularyBytes;
    private List<String> english;
    private int next;

    @Setup
    public void load() throws IOException {
        Vocabulary read = Vocabulary.read(Path.of(vocabulary));
        vocabularyBytes = read.toBytes();
        tokenizer = new WordPieceTokenizer(read, TokenizerSettings.uncased());
        english = sentences.isEmpty() ? List.of() : Sentences.read(Path.of(sentences));
    }

    @Benchmark
    public Encoding english() {
        return encodeNext(english);
    }

    @Benchmark
    public Encoding accented() {
        return encodeNext(ACCENTED);
    }

    @Benchmark
    public Encoding cjk() {
        return encodeNext(CJK);
    }

    @Benchmark
    public WordPieceTokenizer building() {
        return new WordPieceTokenizer(Vocabulary.parse(vocabularyBytes), TokenizerSettings.uncased());
    }

    private Encoding encodeNext(List<String> texts) {
        next = next + 1 < texts.size() ? next + 1 : 0;
        return tokenizer.encode(texts.get(next));
    }
}
