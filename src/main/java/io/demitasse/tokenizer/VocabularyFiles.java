package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.shown;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary as {@code vocab.txt} and {@code tokenizer.json} have it; they must agree.
 *
 * @param tokens   by their ids
 * @param distinct how many different ones there are, which the first added token has as its id
 */
record VocabularyFiles(List<String> tokens, int distinct) {

    static VocabularyFiles read(TokenizerFile vocabFile, @Nullable TokenizerJson tokenizer, int vocabSize)
            throws IOException {
        List<String> lines = null;
        int distinct = 0;
        if (vocabFile.exists()) {
            lines = lines(vocabFile.text());
            distinct = new HashSet<>(lines).size();
            while (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
                lines.remove(lines.size() - 1);
            }
        }
        TokenizerFile file = vocabFile;
        List<String> tokens = lines;
        if (tokenizer != null) {
            file = tokenizer.file();
            tokens = tokensById(tokenizer, lines);
            distinct = tokenizer.vocab().size();
            if (lines != null) {
                compare(vocabFile, lines, tokens);
            }
        }
        check(file, Objects.requireNonNull(tokens), vocabSize);
        return new VocabularyFiles(tokens, distinct);
    }

    /** The ids by their tokens, a token that stands twice having the later one. */
    Map<String, Integer> ids() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            ids.put(tokens.get(id), id);
        }
        return ids;
    }

    /** Whether one token in twenty has an ASCII capital, special ones left aside. */
    boolean isCased() {
        long capitals = tokens.stream().filter(token -> !token.startsWith("[") && !token.startsWith("<")
                && token.chars().anyMatch(c -> c >= 'A' && c <= 'Z')).count();
        return capitals * 20 >= tokens.size();
    }

    private static void check(TokenizerFile file, List<String> tokens, int vocabSize) {
        if (tokens.isEmpty() || tokens.size() > vocabSize) {
            throw new IllegalArgumentException(file.line("expected from 1 to " + vocabSize + " tokens (vocab_size of"
                    + " config.json), found " + tokens.size()));
        }
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (token.indexOf('\n') >= 0 || token.indexOf('\r') >= 0) {
                throw file.refuse("token " + id, "no line ends in it", shown(token));
            }
            if (token.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                throw file.refuse("token " + id, "text that UTF-8 can write", shown(token));
            }
        }
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            lines.add(trimmed(text.substring(start, end)));
            start = end + 1;
        }
        return lines;
    }

    private static String trimmed(String line) {
        return line.substring(0, Blanks.before(line, line.length()));
    }

    private static List<String> tokensById(TokenizerJson tokenizer, @Nullable List<String> lines) {
        List<Map.Entry<String, BigInteger>> entries = new ArrayList<>();
        for (Map.Entry<String, JsonElement> entry : tokenizer.vocab().entrySet()) {
            JsonElement id = entry.getValue();
            boolean number = id.isJsonPrimitive() && id.getAsJsonPrimitive().isNumber()
                    && id.getAsString().matches("-?[0-9]{1,1000}");
            BigInteger value = number ? new BigInteger(id.getAsString()) : BigInteger.ONE.negate();
            if (value.signum() < 0) {
                throw tokenizer.file().refuse("model.vocab", "whole numbers from 0 up",
                        shown(id) + " (" + shown(entry.getKey()) + ")");
            }
            entries.add(Map.entry(entry.getKey(), value));
        }
        entries.sort(Map.Entry.comparingByValue(Comparator.naturalOrder()));
        List<String> tokens = new ArrayList<>(entries.size());
        for (Map.Entry<String, BigInteger> entry : entries) {
            BigInteger id = entry.getValue();
            // Where a token stands twice in vocab.txt, its first id has none in tokenizer.json.
            while (lines != null && tokens.size() < lines.size()
                    && id.compareTo(BigInteger.valueOf(tokens.size())) > 0) {
                tokens.add(lines.get(tokens.size()));
            }
            if (!id.equals(BigInteger.valueOf(tokens.size()))) {
                throw tokenizer.file().refuse("model.vocab", "ids from 0 without gaps", id + " (" + shown(entry.getKey())
                        + ") where " + tokens.size() + " should be");
            }
            tokens.add(entry.getKey());
        }
        return tokens;
    }

    private static void compare(TokenizerFile file, List<String> lines, List<String> tokens) {
        for (int id = 0; id < Math.max(lines.size(), tokens.size()); id++) {
            String here = id < lines.size() ? lines.get(id) : null;
            String there = id < tokens.size() ? tokens.get(id) : null;
            if (!Objects.equals(here, there) && (here == null || there == null || !here.equals(trimmed(there)))) {
                throw file.refuse("token " + id, shown(there) + " as in tokenizer.json", shown(here));
            }
        }
    }
}
