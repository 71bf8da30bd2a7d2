package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** What holds for every text. */
class WordPieceTokenizerPropertyTest {

    private static final WordPieceTokenizer TOKENIZER = References.tokenizer();
    private static final WordPieceTokenizer PLAIN = new WordPieceTokenizer(References.vocabulary(),
            TokenizerSettings.uncased().withSplitSpecialTokens(true));

    /** Any UTF-16 units, lone surrogates among them; and texts of parts that the tokenizer treats specially. */
    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> units = Arbitraries.strings().all().ofMaxLength(40);
        Arbitrary<String> parts = Arbitraries.of("the", "unaffable", "Zürich", "e\u0301", "\u0130", "한국", "中", " ", "\t",
                "\u00A0", "\u200B", "\u0301", "!", "[MASK]", "[SEP", "\uD83D\uDE00", "\uD83D", "\uDE00", "\uFFFD", "##s",
                "\u0000", "a".repeat(101), "\u226E", "\uF900", "\u302E\u0323");
        return Arbitraries.oneOf(units, parts.list().ofMaxSize(25).map(list -> String.join("", list)));
    }

    @Property
    void spansLieInTheTextAndAreInOrder(@ForAll("texts") String text) {
        Encoding encoding = TOKENIZER.encode(text);
        int last = encoding.size() - 1;

        assertThat(encoding.token(0)).isEqualTo("[CLS]");
        assertThat(encoding.token(last)).isEqualTo("[SEP]");
        assertThat(new int[] {encoding.start(0), encoding.end(0), encoding.start(last), encoding.end(last)})
                .containsOnly(0);
        for (int i = 1; i < last; i++) {
            assertThat(encoding.start(i)).isBetween(i == 1 ? 0 : encoding.start(i - 1), text.length() - 1);
            assertThat(encoding.end(i)).isBetween(encoding.start(i) + 1, text.length());
            assertThat(encoding.end(i)).isGreaterThanOrEqualTo(i == 1 ? 0 : encoding.end(i - 1));
            // The pieces of one code point share its span; all others are apart.
            boolean shared = i > 1 && encoding.start(i) < encoding.end(i - 1);
            if (shared) {
                String both = text.substring(encoding.start(i), encoding.end(i - 1));
                assertThat(both.codePointCount(0, both.length())).isEqualTo(1);
            }
        }
    }

    @Property
    void aTokensSpanAloneGivesTheToken(@ForAll("texts") String text) {
        Encoding encoding = TOKENIZER.encode(text);
        for (int i = 1; i < encoding.size() - 1; i++) {
            String token = encoding.token(i);
            boolean whole = i + 1 == encoding.size() - 1 || !encoding.token(i + 1).startsWith("##");
            if (whole && !token.startsWith("##")) {
                Encoding alone = TOKENIZER.encode(text.substring(encoding.start(i), encoding.end(i)));
                assertThat(alone.tokens()).containsExactly("[CLS]", token, "[SEP]");
            }
        }
    }

    @Property
    void aTruncatedTextKeepsItsFirstTokens(@ForAll("texts") String text, @ForAll @IntRange(min = 2, max = 40) int max) {
        int[] whole = TOKENIZER.encode(text, Integer.MAX_VALUE).ids();
        Encoding encoding = TOKENIZER.encode(text, max);
        int[] expected = whole;
        if (whole.length > max) {
            expected = Arrays.copyOf(whole, max);
            expected[max - 1] = 102;
        }

        assertThat(encoding.ids()).isEqualTo(expected);
        assertThat(encoding.tokensCut()).isEqualTo(Math.max(0, whole.length - max));
    }

    @Property
    void windowsHoldEveryTokenAndShareTheirStride(@ForAll("texts") String text, @ForAll @IntRange(min = 3, max = 20) int max,
            @ForAll @IntRange(max = 17) int stride) {
        int overlap = Math.min(stride, max - 3);
        int[] whole = TOKENIZER.encode(text, Integer.MAX_VALUE).ids();
        List<Encoding> windows = TOKENIZER.encodeWindows(text, max, overlap);

        int next = 1;
        for (int w = 0; w < windows.size(); w++) {
            int[] window = windows.get(w).ids();
            int from = w == 0 ? next : next - overlap;
            assertThat(w == windows.size() - 1 || window.length == max).isTrue();
            assertThat(Arrays.copyOfRange(window, 1, window.length - 1))
                    .isEqualTo(Arrays.copyOfRange(whole, from, from + window.length - 2));
            next = from + window.length - 2;
        }
        assertThat(next).isEqualTo(whole.length - 1);
    }

    @Property
    void plainTextHoldsNoSpecialToken(@ForAll("texts") String text) {
        Encoding encoding = PLAIN.encode(text);
        assertThat(encoding.tokens().subList(1, encoding.size() - 1)).doesNotContain("[SEP]", "[CLS]", "[MASK]", "[PAD]");
    }

    @Property
    void aPairIsItsTwoTexts(@ForAll("texts") String text, @ForAll("texts") String pair) {
        Encoding first = TOKENIZER.encode(text, Integer.MAX_VALUE);
        Encoding second = TOKENIZER.encode(pair, Integer.MAX_VALUE);
        Encoding both = TOKENIZER.encode(text, pair, Integer.MAX_VALUE);

        assertThat(both.size()).isEqualTo(first.size() + second.size() - 1);
        for (int i = 0; i < both.size(); i++) {
            boolean inFirst = i < first.size();
            Encoding part = inFirst ? first : second;
            int j = inFirst ? i : i - first.size() + 1;
            assertThat(both.id(i)).isEqualTo(part.id(j));
            assertThat(both.start(i)).isEqualTo(part.start(j));
            assertThat(both.end(i)).isEqualTo(part.end(j));
            assertThat(both.typeId(i)).isEqualTo(inFirst ? 0 : 1);
        }
    }

    @Property
    void aTruncatedPairLosesOnlyEnds(@ForAll("texts") String text, @ForAll("texts") String pair,
            @ForAll @IntRange(min = 3, max = 40) int max) {
        int left = TOKENIZER.encode(text, Integer.MAX_VALUE).size() - 2;
        int right = TOKENIZER.encode(pair, Integer.MAX_VALUE).size() - 2;
        int[] counts = cutOneByOne(left, right, max - 3);
        Encoding encoding = TOKENIZER.encode(text, pair, max);

        assertThat(encoding.size()).isEqualTo(counts[0] + counts[1] + 3);
        assertThat(Arrays.copyOf(encoding.ids(), counts[0] + 2)).isEqualTo(TOKENIZER.encode(text, counts[0] + 2).ids());
        assertThat(Arrays.stream(encoding.typeIds()).sum()).isEqualTo(counts[1] + 1);
        assertThat(encoding.tokensCut()).isEqualTo(Math.max(0, left + right - (max - 3)));
    }

    /** Takes a token off the longer text until both fit; of two equally long ones the text that was longer keeps more. */
    private static int[] cutOneByOne(int left, int right, int room) {
        boolean leftIsLonger = left > right;
        int[] counts = {left, right};
        while (counts[0] + counts[1] > room) {
            boolean cutLeft = counts[0] > counts[1] || counts[0] == counts[1] && !leftIsLonger;
            counts[cutLeft ? 0 : 1]--;
        }
        return counts;
    }
}
