package io.demitasse.benchmarks;

import ai.djl.huggingface.tokenizers.Encoding;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Arrays;

/**
 * Searches for texts that Demitasse's tokenizer and Hugging Face's Rust one treat differently: random single texts and
 * pairs, whole and truncated, with each setting.
 */
public final class TokenizerDifference {

    private static final int WHOLE = 1 << 20;

    /** The library keeps all it cuts off, for pairs all combinations, so that short lengths take it very long. */
    private static final Part[] PARTS = {
        new Part(0.6, uncased(WHOLE)), new Part(0.08, uncased(64)), new Part(0.08, uncased(33)),
        new Part(0.08, uncased(16)), new Part(0.0025, uncased(8)), new Part(0.0025, uncased(5)),
        new Part(0.0025, uncased(4)), new Part(0.0025, uncased(3)),
        new Part(0.03, new TokenizerSettings(false, null, true, WHOLE, false)),
        new Part(0.03, new TokenizerSettings(false, true, true, WHOLE, false)),
        new Part(0.03, new TokenizerSettings(true, false, true, WHOLE, false)),
        new Part(0.03, new TokenizerSettings(true, null, false, WHOLE, false)),
        new Part(0.03, new TokenizerSettings(true, false, false, WHOLE, false))};
    private static final int MOST_SHOWN = 50;

    /** A share of the texts, and how they are encoded. */
    private record Part(double share, TokenizerSettings settings) {
    }

    private TokenizerDifference() {
    }

    /** Arguments: vocab.txt, the number of texts, the seed. */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("usage: TokenizerDifference VOCAB.txt TEXTS SEED");
            System.exit(2);
        }
        Vocabulary vocabulary = Vocabulary.read(Path.of(args[0]));
        int number = Integer.parseInt(args[1]);
        RandomTexts texts = new RandomTexts(vocabulary, Long.parseLong(args[2]));
        int compared = 0;
        int documented = 0;
        int different = 0;
        for (Part part : PARTS) {
            WordPieceTokenizer demitasse = new WordPieceTokenizer(vocabulary, part.settings);
            try (RustTokenizer rust = new RustTokenizer(vocabulary, part.settings)) {
                for (int i = 0; i < number * part.share; i++) {
                    String text = texts.next();
                    boolean single = i % 2 == 0;
                    String pair = single ? "" : texts.next();
                    io.demitasse.tokenizer.Encoding ours = single
                            ? demitasse.encode(text)
                            : demitasse.encode(text, pair);
                    Encoding theirs = single ? rust.encode(text) : rust.encode(text, pair);
                    compared++;
                    if (agree(ours, theirs, text, pair)) {
                        continue;
                    }
                    if (isDocumented(ours, theirs, text, pair)) {
                        documented++;
                    } else {
                        different++;
                        if (different <= MOST_SHOWN) {
                            show(ours, theirs, text, pair, part.settings);
                        }
                    }
                }
            }
        }
        System.out.printf("%d encodings compared, %d differ, %d more only in the span of a word with a reordered mark%n",
                compared, different, documented);
    }

    private static TokenizerSettings uncased(int maxLength) {
        return new TokenizerSettings(true, null, true, maxLength, false);
    }

    /** Whether two encodings have the same ids, types and spans. */
    static boolean agree(io.demitasse.tokenizer.Encoding ours, Encoding theirs, String text, String pair) {
        return Arrays.equals(longs(ours.ids()), theirs.getIds())
                && Arrays.equals(longs(ours.typeIds()), theirs.getTypeIds())
                && Arrays.equals(spans(ours), RustTokenizer.spans(theirs, text, pair));
    }

    /**
     * Whether two encodings differ in nothing but the spans of unknown words that start or end with one of the marks
     * that are kept although canonical order moves them. Where such a mark changes places with another one, the
     * library gives it the other one's span. No vocabulary has these marks.
     */
    private static boolean isDocumented(io.demitasse.tokenizer.Encoding ours, Encoding theirs, String text,
            String pair) {
        if (!Arrays.equals(longs(ours.ids()), theirs.getIds())
                || !Arrays.equals(longs(ours.typeIds()), theirs.getTypeIds())) {
            return false;
        }
        int[] our = spans(ours);
        int[] their = RustTokenizer.spans(theirs, text, pair);
        for (int i = 0; i < ours.size(); i++) {
            if (our[2 * i] != their[2 * i] || our[2 * i + 1] != their[2 * i + 1]) {
                String word = (ours.typeId(i) == 0 ? text : pair).substring(our[2 * i], our[2 * i + 1]);
                if (!ours.token(i).equals("[UNK]") || !moves(word.codePointAt(0)) && !moves(word.codePointBefore(word.length()))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether canonical order moves a mark, here behind one of the lowest class there is. */
    private static boolean moves(int mark) {
        return Normalizer.normalize(Character.toString(mark) + '\u0334', Normalizer.Form.NFD).charAt(0) == '\u0334';
    }

    private static void show(io.demitasse.tokenizer.Encoding ours, Encoding theirs, String text, String pair,
            TokenizerSettings settings) {
        System.out.println("text   " + escape(text) + (pair.isEmpty() ? "" : "\npair   " + escape(pair)));
        System.out.println(settings);
        int[] our = spans(ours);
        int[] their = RustTokenizer.spans(theirs, text, pair);
        if (ours.size() != theirs.getIds().length) {
            System.out.println("ours   " + ours.tokens());
            System.out.println("theirs " + Arrays.toString(theirs.getTokens()));
            return;
        }
        for (int i = 0; i < ours.size(); i++) {
            int start = 2 * i;
            if (ours.id(i) != theirs.getIds()[i] || our[start] != their[start] || our[start + 1] != their[start + 1]) {
                System.out.printf("ours   %s [%d, %d)  theirs %s [%d, %d)%n", ours.token(i), our[start], our[start + 1],
                        theirs.getTokens()[i], their[start], their[start + 1]);
            }
        }
    }

    private static long[] longs(int[] ints) {
        return Arrays.stream(ints).asLongStream().toArray();
    }

    private static int[] spans(io.demitasse.tokenizer.Encoding encoding) {
        int[] spans = new int[2 * encoding.size()];
        for (int i = 0; i < encoding.size(); i++) {
            spans[2 * i] = encoding.start(i);
            spans[2 * i + 1] = encoding.end(i);
        }
        return spans;
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> escaped.append(c >= ' ' && c < 0x7F ? "" + (char) c : String.format("\\u%04X", c)));
        return escaped.toString();
    }
}
