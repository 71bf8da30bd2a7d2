package io.demitasse.benchmarks;

import io.demitasse.tokenizer.Vocabulary;
import java.util.Locale;
import java.util.SplittableRandom;

/** Random texts that try a tokenizer: all that it treats in a way of its own, mixed and side by side. */
final class RandomTexts {

    private static final String[] SPECIALS = {
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[mask]", "[MASK", "MASK]", "[[SEP]]", "[unused5]", "##", "##ing",
        "[CLS][SEP]", "[ MASK ]", "[SEP", "[\u200BSEP]"};
    private static final String SPACES = " \t\n\r\u000B\f\u001C\u0085\u00A0\u1680\u2003\u2007\u200B\u2028\u202F\u3000";
    private static final String ODD_LETTERS = "\u0130\u0131\u1E9E\u00DF\u03A3\u03C2\u212A\u212B\u2126\uFB01\uFF21\u01C5\u1FEF"
            + "\u037E\u0344\u0149\u1E9B\u0387\u1FEE\u00C5\u01D5\u1EC7\u226E\u2260\u0958\uF900\uFA10\u302E\u302F\u3099";
    private static final int[][] SCRIPTS = {
        {0x00A0, 0x024F}, {0x0370, 0x03FF}, {0x0400, 0x052F}, {0x0590, 0x05FF}, {0x0600, 0x06FF}, {0x0900, 0x0DFF},
        {0x0E00, 0x0FFF}, {0x1E00, 0x1FFF}, {0x2000, 0x2BFF}, {0x3000, 0x30FF}, {0xA640, 0xABFF}, {0xFB00, 0xFFFF}};

    private final Vocabulary vocabulary;
    private final SplittableRandom random;

    RandomTexts(Vocabulary vocabulary, long seed) {
        this.vocabulary = vocabulary;
        random = new SplittableRandom(seed);
    }

    String next() {
        StringBuilder text = new StringBuilder();
        // Half of the texts are nearly clean, so that words of several pieces are common; the others are a jumble.
        int noise = random.nextBoolean() ? 4 : 60;
        int parts = random.nextInt(random.nextInt(10) == 0 ? 120 : 24);
        for (int i = 0; i < parts; i++) {
            if (random.nextInt(100) < noise) {
                oddity(text);
            } else {
                word(text);
            }
            if (random.nextInt(100) < 70 - noise / 2) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    private void word(StringBuilder text) {
        int kind = random.nextInt(10);
        if (kind < 5) {
            String token = vocabulary.token(random.nextInt(vocabulary.size()));
            String word = token.startsWith("##") ? token.substring(2) : token;
            text.append(random.nextInt(8) == 0 ? word.toUpperCase(Locale.ROOT) : word);
        } else if (kind < 8) {
            for (int length = 1 + random.nextInt(12); length > 0; length--) {
                text.append((char) ((random.nextInt(6) == 0 ? 'A' : 'a') + random.nextInt(26)));
            }
        } else if (kind == 8) {
            text.append(random.nextInt(1, 100_000));
        } else {
            text.append((char) random.nextInt('!', 127));
        }
    }

    private void oddity(StringBuilder text) {
        switch (random.nextInt(13)) {
            case 0 -> text.append(SPECIALS[random.nextInt(SPECIALS.length)]);
            case 1 -> text.append(SPACES.charAt(random.nextInt(SPACES.length())));
            case 2 -> text.append(ODD_LETTERS.charAt(random.nextInt(ODD_LETTERS.length())));
            case 3 -> text.append((char) random.nextInt(0x80));
            case 4 -> text.append((char) random.nextInt(0x0300, 0x0370));
            case 5 -> text.appendCodePoint(random.nextInt(0x4E00, 0xA000));
            case 6 -> text.appendCodePoint(random.nextInt(0xAC00, 0xD7A4));
            case 7 -> text.appendCodePoint(random.nextInt(0x1F300, 0x1FB00)).append(random.nextBoolean() ? "\uFE0F" : "");
            case 8 -> {
                int[] script = SCRIPTS[random.nextInt(SCRIPTS.length)];
                for (int length = 1 + random.nextInt(6); length > 0; length--) {
                    text.appendCodePoint(random.nextInt(script[0], script[1] + 1));
                }
            }
            case 9 -> text.appendCodePoint(random.nextInt(0xE000, 0x10000));
            case 10 -> text.appendCodePoint(random.nextInt(0x10000, random.nextBoolean() ? 0x12000 : 0x30000));
            case 11 -> anyCodePoint(text);
            default -> longWord(text);
        }
    }

    private void anyCodePoint(StringBuilder text) {
        int codePoint = random.nextInt(random.nextBoolean() ? 0x10000 : 0x110000);
        if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
            text.appendCodePoint(codePoint);
        }
    }

    /** About as long as the longest word that is still cut into pieces. */
    private void longWord(StringBuilder text) {
        int codePoint = random.nextInt(4) == 0 ? random.nextInt(0x0430, 0x0450) : random.nextInt('a', '{');
        text.append(Character.toString(codePoint).repeat(random.nextInt(96, 104)));
    }
}
