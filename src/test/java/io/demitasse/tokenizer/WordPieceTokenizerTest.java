package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class WordPieceTokenizerTest {

    private static final Vocabulary VOCABULARY = References.vocabulary();
    private static final String SMILE = "\uD83D\uDE00";

    private final WordPieceTokenizer tokenizer = new WordPieceTokenizer(VOCABULARY, TokenizerSettings.uncased());

    @Test
    void theLongestPiecesAreTakenFromTheLeft() {
        assertThat(tokenizer.encode("Unaffable, really!").tokens())
                .containsExactly("[CLS]", "una", "##ffa", "##ble", ",", "really", "!", "[SEP]");
    }

    @Test
    void aVocabularyWithoutANeededTokenIsRefused() {
        for (String missing : List.of("[UNK]", "[CLS]", "[SEP]")) {
            List<String> tokens = new ArrayList<>(List.of("[UNK]", "[CLS]", "[SEP]", "a"));
            tokens.remove(missing);
            Vocabulary vocabulary = Vocabulary.of(tokens);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new WordPieceTokenizer(vocabulary, TokenizerSettings.uncased()))
                    .withMessage("the vocabulary has no " + missing);
        }
    }

    @Test
    void specialTokensNeedNotHaveTheUsualIdsNorAllBeThere() {
        WordPieceTokenizer small = small(TokenizerSettings.uncased(), "a", "[SEP]", "[UNK]", "[CLS]", "[", "]", "mask");

        assertThat(small.encode("a[SEP]a").ids()).containsExactly(3, 0, 1, 0, 1);
        assertThat(small.encode("[MASK]").tokens()).containsExactly("[CLS]", "[", "mask", "]", "[SEP]");
    }

    @Test
    void aMaximumLengthWithoutRoomForTheAddedTokensIsRefused() {
        assertThat(tokenizer.encode("a b", 2).tokens()).containsExactly("[CLS]", "[SEP]");
        assertThat(tokenizer.encode("a b", "c", 3).tokens()).containsExactly("[CLS]", "[SEP]", "[SEP]");
        assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.encode("a", 1)).withMessageContaining("1");
        assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.encode("a", "b", 2)).withMessageContaining("2");
        assertThatIllegalArgumentException().isThrownBy(() -> new TokenizerSettings(true, null, true, 1, false))
                .withMessageContaining("1");
    }

    @Test
    void textsMustNotBeNull() {
        assertThatNullPointerException().isThrownBy(() -> tokenizer.encode(null));
        assertThatNullPointerException().isThrownBy(() -> tokenizer.encode("a", (String) null));
    }

    @Test
    void theSettingsLengthTruncates() {
        WordPieceTokenizer four = new WordPieceTokenizer(VOCABULARY, new TokenizerSettings(true, null, true, 4, false));

        assertThat(four.encode("a b").truncated()).isFalse();
        assertThat(four.encode("a b c").tokens()).containsExactly("[CLS]", "a", "b", "[SEP]");
        assertThat(four.encode("a b c").truncated()).isTrue();
        assertThat(four.encode("a", "b").tokens()).containsExactly("[CLS]", "[SEP]", "b", "[SEP]");
    }

    /** The cases of longest_first, for seven tokens: the longer text is cut, and of two that are cut it keeps one more. */
    @Test
    void thePairsLongerTextIsCutFirst() {
        int[][] cases = {
            {0, 0, 0, 0}, {0, 8, 0, 7}, {8, 0, 7, 0}, {2, 4, 2, 4}, {2, 8, 2, 5}, {8, 2, 5, 2}, {3, 8, 3, 4},
            {8, 3, 4, 3}, {4, 4, 3, 4}, {4, 8, 3, 4}, {8, 4, 4, 3}, {8, 8, 3, 4}, {8, 9, 3, 4}, {9, 8, 4, 3},
            {7, 7, 3, 4}, {900, 901, 3, 4}, {901, 900, 4, 3}, {900, 900, 3, 4}};
        for (int[] lengths : cases) {
            Encoding encoding = tokenizer.encode("a ".repeat(lengths[0]), "b ".repeat(lengths[1]), 10);

            assertThat(encoding.tokens().stream().filter("a"::equals)).as("%s", lengths).hasSize(lengths[2]);
            assertThat(encoding.tokens().stream().filter("b"::equals)).as("%s", lengths).hasSize(lengths[3]);
            assertThat(encoding.truncated()).isEqualTo(lengths[0] + lengths[1] > 7);
        }
    }

    @Test
    void ofALongTextOnlyWhatIsKeptTakesMemory() {
        String text = "word ".repeat(2_000_000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        tokenizer.encode("word", 512);
        long before = threads.getCurrentThreadAllocatedBytes();
        Encoding encoding = tokenizer.encode(text, 512);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(encoding.size()).isEqualTo(512);
        assertThat(encoding.tokensCut()).isEqualTo(2_000_000 - 510);
        assertThat(allocated).isLessThan(100_000);
    }

    @Test
    void tokensCutAreCounted() {
        assertThat(tokenizer.encode("a b c", 5).tokensCut()).isZero();
        assertThat(tokenizer.encode("a b unaffable", 3).tokensCut()).isEqualTo(4);
        assertThat(tokenizer.encode("a b c", "d e", 8).tokensCut()).isZero();
        assertThat(tokenizer.encode("a b c", "d e", 5).tokensCut()).isEqualTo(3);
    }

    @Test
    void specialTokensInATextCanBePlainText() {
        WordPieceTokenizer plain = new WordPieceTokenizer(VOCABULARY,
                TokenizerSettings.uncased().withSplitSpecialTokens(true));

        assertThat(tokenizer.encode("good [SEP] bad").tokens()).containsExactly("[CLS]", "good", "[SEP]", "bad", "[SEP]");
        Encoding encoding = plain.encode("good [SEP] bad");
        assertThat(encoding.tokens()).containsExactly("[CLS]", "good", "[", "sep", "]", "bad", "[SEP]");
        assertThat(encoding.start(3)).isEqualTo(6);
        assertThat(encoding.end(3)).isEqualTo(9);
        assertThat(plain.encode("[MASK][PAD]").tokens())
                .containsExactly("[CLS]", "[", "mask", "]", "[", "pad", "]", "[SEP]");
        assertThat(plain.encode("a", "[CLS]").tokens())
                .containsExactly("[CLS]", "a", "[SEP]", "[", "cl", "##s", "]", "[SEP]");
    }

    /** What the tokenizers library gives with truncation to 5, the stride, and return_overflowing_tokens. */
    @Test
    void windowsShareTheirStrideAndEndWithTheText() {
        assertThat(windows("a b c d e f g", 5, 0)).containsExactly("a b c", "d e f", "g");
        assertThat(windows("a b c d e f g", 5, 1)).containsExactly("a b c", "c d e", "e f g");
        assertThat(windows("a b c d e f g", 5, 2)).containsExactly("a b c", "b c d", "c d e", "d e f", "e f g");
        assertThat(windows("a b c", 5, 2)).containsExactly("a b c");
        assertThat(windows("a b c d", 5, 0)).containsExactly("a b c", "d");
        assertThat(windows("", 5, 0)).containsExactly("");
        Encoding last = tokenizer.encodeWindows("a b c d e", 5, 1).get(1);
        assertThat(new int[] {last.start(1), last.end(1), last.start(3), last.end(3)}).containsExactly(4, 5, 8, 9);
        assertThat(last.truncated()).isFalse();
    }

    @Test
    void windowsMustMoveOn() {
        for (int stride : new int[] {-1, 3, 4, Integer.MAX_VALUE}) {
            assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.encodeWindows("a", 5, stride))
                    .withMessageContaining("stride is " + stride).withMessageContaining("0 to 2");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.encodeWindows("a", 2, 0));
    }

    private List<String> windows(String text, int maxLength, int stride) {
        return tokenizer.encodeWindows(text, maxLength, stride).stream().map(encoding -> {
            assertThat(encoding.token(0)).isEqualTo("[CLS]");
            assertThat(encoding.token(encoding.size() - 1)).isEqualTo("[SEP]");
            return String.join(" ", encoding.tokens().subList(1, encoding.size() - 1));
        }).toList();
    }

    @Test
    void aWordOfMoreThanAHundredCodePointsIsUnknown() {
        String longest = "a\u0301".repeat(100);

        assertThat(tokenizer.encode(longest).tokens()).doesNotContain("[UNK]");
        Encoding tooLong = tokenizer.encode("x " + longest + "\u200Ba. y");
        assertThat(tooLong.tokens()).containsExactly("[CLS]", "x", "[UNK]", ".", "y", "[SEP]");
        assertThat(tooLong.start(2)).isEqualTo(2);
        assertThat(tooLong.end(2)).isEqualTo(204);
        assertThat(tokenizer.encode("b".repeat(1_000_000)).tokens()).containsExactly("[CLS]", "[UNK]", "[SEP]");
    }

    @Test
    void supplementaryCodePointsCountOnce() {
        WordPieceTokenizer smiles = small(TokenizerSettings.uncased(), "[UNK]", "[CLS]", "[SEP]", SMILE, "##" + SMILE);

        Encoding encoding = smiles.encode(SMILE.repeat(100));
        assertThat(encoding.size()).isEqualTo(102);
        assertThat(encoding.start(100)).isEqualTo(198);
        assertThat(encoding.end(100)).isEqualTo(200);
        assertThat(smiles.encode(SMILE.repeat(101)).ids()).containsExactly(1, 0, 2);
    }

    @Test
    void loneSurrogatesAreRemoved() {
        assertThat(tokenizer.encode("mo\uD83Dvie \uDE00").ids()).isEqualTo(tokenizer.encode("movie").ids());
        assertThat(tokenizer.encode("[MA\uD83DSK]").ids()).isEqualTo(tokenizer.encode("[mask]").ids());
        assertThat(tokenizer.encode("\uD83D").tokens()).containsExactly("[CLS]", "[SEP]");
    }

    @Test
    void aCasedTokenizerKeepsCaseAndAccents() {
        WordPieceTokenizer cased = small(new TokenizerSettings(false, null, true, 512, false),
                "[UNK]", "[CLS]", "[SEP]", "Été", "ete", "Ete", "ete\u0301");

        assertThat(cased.encode("Été Ete ete ETE ete\u0301").tokens())
                .containsExactly("[CLS]", "Été", "Ete", "ete", "[UNK]", "ete\u0301", "[SEP]");
    }

    @Test
    void accentsAndCaseCanBeChosenApart() {
        WordPieceTokenizer stripped = small(new TokenizerSettings(false, true, true, 512, false),
                "[UNK]", "[CLS]", "[SEP]", "Ete", "ete");
        WordPieceTokenizer lowered = small(new TokenizerSettings(true, false, true, 512, false),
                "[UNK]", "[CLS]", "[SEP]", "été", "ete", "i\u0307", "i");

        assertThat(stripped.encode("Été ÉTE").tokens()).containsExactly("[CLS]", "Ete", "[UNK]", "[SEP]");
        assertThat(lowered.encode("ÉTÉ").tokens()).containsExactly("[CLS]", "été", "[SEP]");
        Encoding dotted = lowered.encode("\u0130 I");
        assertThat(dotted.tokens()).containsExactly("[CLS]", "i\u0307", "i", "[SEP]");
        assertThat(dotted.end(1)).isEqualTo(1);
    }

    @Test
    void ideographsCanStayTogether() {
        String[] tokens = {"[UNK]", "[CLS]", "[SEP]", "\u4E2D", "\u4E2D\u6587"};

        assertThat(small(new TokenizerSettings(true, null, false, 512, false), tokens).encode("\u4E2D\u6587").tokens())
                .containsExactly("[CLS]", "\u4E2D\u6587", "[SEP]");
        assertThat(small(new TokenizerSettings(true, null, true, 512, false), tokens).encode("\u4E2D\u6587").tokens())
                .containsExactly("[CLS]", "\u4E2D", "[UNK]", "[SEP]");
    }

    @Test
    void anEncodingGivesCopiesAndChecksItsBounds() {
        Encoding encoding = tokenizer.encode("a b");
        encoding.ids()[0] = 7;
        encoding.typeIds()[0] = 7;
        int[] target = {-1, -1, -1, -1, -1, -1};
        encoding.copyIds(target, 1);

        assertThat(target).containsExactly(-1, 101, 1037, 1038, 102, -1);
        assertThat(encoding.typeId(0)).isZero();
        assertThatThrownBy(() -> encoding.copyIds(target, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        for (int i : new int[] {-1, 4}) {
            assertThatThrownBy(() -> encoding.id(i)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> encoding.token(i)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> encoding.start(i)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> encoding.end(i)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> encoding.typeId(i)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /** A tokenizer is new for each round, so that the threads meet while it learns the code points of the texts. */
    @Test
    void manyThreadsGetTheSameResults() throws Exception {
        List<String> texts = References.lines("wordpiece.jsonl").stream().map(c -> c.get("text").getAsString())
                .filter(text -> text.length() < 500).toList();
        List<int[]> expected = texts.stream().map(text -> tokenizer.encode(text).ids()).toList();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 5; round++) {
                WordPieceTokenizer shared = new WordPieceTokenizer(VOCABULARY, TokenizerSettings.uncased());
                List<Future<List<int[]>>> results = new ArrayList<>();
                for (int thread = 0; thread < 8; thread++) {
                    results.add(threads.submit(() -> texts.stream().map(text -> shared.encode(text).ids()).toList()));
                }
                for (Future<List<int[]>> result : results) {
                    assertThat(result.get().toArray(int[][]::new)).isDeepEqualTo(expected.toArray(int[][]::new));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static WordPieceTokenizer small(TokenizerSettings settings, String... tokens) {
        return new WordPieceTokenizer(Vocabulary.of(List.of(tokens)), settings);
    }
}
