package io.demitasse.study;

import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a text became tokens.
 *
 * @param text the text, empty if the model was given ids
 * @param normalized the text as words are cut from it, see {@link WordPieceTokenizer#normalize}
 * @param tokens all tokens, the added ones included
 * @param words the words that the tokens are pieces of, in order
 * @param truncated whether the text's end was cut off
 */
public record Tokenization(String text, String normalized, List<Token> tokens, List<Word> words, boolean truncated) {

    private static final String CONTINUES = "##";
    private static final String UNKNOWN = "[UNK]";

    /** Keeps copies of the lists. */
    public Tokenization {
        tokens = List.copyOf(tokens);
        words = List.copyOf(words);
    }

    /** Puts the pieces of two encoded texts together into words again; places count in the two with a space between. */
    static Tokenization of(String text, String pair, Encoding encoding, WordPieceTokenizer tokenizer) {
        List<Token> tokens = new ArrayList<>();
        List<Word> words = new ArrayList<>();
        String both = text + " " + pair;
        int[] numbers = encoding.words();
        for (int i = 0; i < encoding.size(); i++) {
            if (encoding.isAdded(i)) {
                tokens.add(new Token(encoding.token(i), encoding.id(i), 0, 0, -1, false));
                continue;
            }
            int shift = encoding.sequence(i) == 1 ? text.length() + 1 : 0;
            boolean continues = i > 0 && !encoding.isAdded(i - 1) && numbers[i] != Encoding.NO_WORD
                    && numbers[i] == numbers[i - 1] && encoding.token(i).startsWith(CONTINUES);
            int first = continues ? words.remove(words.size() - 1).firstToken() : i;
            String word = both.substring(encoding.start(first) + shift, encoding.end(i) + shift);
            tokens.add(new Token(encoding.token(i), encoding.id(i), encoding.start(i) + shift,
                    encoding.end(i) + shift, words.size(),
                    encoding.token(i).equals(tokenizer.settings().specialTokens().unk())));
            words.add(new Word(word, tokenizer.normalize(word), first, i + 1));
        }
        return new Tokenization(both, tokenizer.normalize(both), tokens, words, encoding.truncated());
    }

    /** Puts the pieces of an encoded text together into words again. */
    public static Tokenization of(String text, Encoding encoding, WordPieceTokenizer tokenizer) {
        List<Token> tokens = new ArrayList<>();
        List<Word> words = new ArrayList<>();
        int last = encoding.size() - 1;
        for (int i = 0; i <= last; i++) {
            String piece = encoding.token(i);
            if (i == 0 || i == last) {
                tokens.add(new Token(piece, encoding.id(i), 0, 0, -1, false));
                continue;
            }
            // Only what continues a word begins with ## in the vocabulary; in a text, # is a word of its own.
            boolean continues = i > 1 && piece.startsWith(CONTINUES);
            int first = continues ? words.remove(words.size() - 1).firstToken() : i;
            String word = text.substring(encoding.start(first), encoding.end(i));
            // [MASK] and its like are looked up as they stand.
            String normalized = word.equals(piece) ? word : tokenizer.normalize(word);
            tokens.add(new Token(piece, encoding.id(i), encoding.start(i), encoding.end(i), words.size(),
                    piece.equals(UNKNOWN)));
            words.add(new Word(word, normalized, first, i + 1));
        }
        return new Tokenization(text, tokenizer.normalize(text), tokens, words, encoding.truncated());
    }

    /** Tokens of which only the ids are known: each one is a word, named {@code #id}. */
    public static Tokenization ofIds(int[] ids) {
        List<Token> tokens = new ArrayList<>();
        List<Word> words = new ArrayList<>();
        for (int i = 0; i < ids.length; i++) {
            String name = "#" + ids[i];
            tokens.add(new Token(name, ids[i], 0, 0, i, false));
            words.add(new Word(name, name, i, i + 1));
        }
        return new Tokenization("", "", tokens, words, false);
    }

    /** The tokens' ids, {@code [tokens]}. */
    public int[] ids() {
        return tokens.stream().mapToInt(Token::id).toArray();
    }

    /** The ids without those of one word: what is left when it is taken out. */
    int[] idsWithout(int word) {
        return tokens.stream().filter(token -> token.word() != word).mapToInt(Token::id).toArray();
    }

    /** Of numbers of all tokens, such as token types, those of what {@link #idsWithout} leaves; none of none. */
    int[] without(int word, int[] numbers) {
        return numbers.length == 0 ? numbers : IntStream.range(0, numbers.length)
                .filter(i -> tokens.get(i).word() != word).map(i -> numbers[i]).toArray();
    }

    /** The ids with one id in place of one word's. */
    int[] idsWithWordAs(int word, int id) {
        return tokens.stream().mapToInt(token -> token.word() == word ? id : token.id()).toArray();
    }

    /** The ids with one id in place of every word's: a text that says nothing. */
    int[] idsWithWordsAs(int id) {
        return tokens.stream().mapToInt(token -> token.added() ? token.id() : id).toArray();
    }

    @Override
    public String toString() {
        return String.join(" ", tokens.stream().map(Token::piece).toList()) + " " + Arrays.toString(ids());
    }
}
