package io.demitasse.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A tokenizer's special and other added tokens, ready to be found. */
final class AddedTokens {

    private final TokenMatcher inText;
    private final TokenMatcher inNormalized;
    private final Set<Integer> specialIds;

    private AddedTokens(List<AddedToken> tokens, BertNormalizer normalizer, boolean splitSpecialTokens) {
        // Of two that are the same once they are normalised the first counts, and special ones are first.
        List<AddedToken> ordered = Stream.concat(tokens.stream().filter(AddedToken::special),
                tokens.stream().filter(token -> !token.special())).toList();
        inText = new TokenMatcher(ordered.stream().filter(token -> !token.normalized()).toList(), AddedToken::content,
                splitSpecialTokens);
        inNormalized = new TokenMatcher(ordered.stream().filter(AddedToken::normalized).toList(),
                token -> NormalizedText.of(token.content(), normalizer).toString(), splitSpecialTokens);
        specialIds = tokens.stream().filter(AddedToken::special).map(AddedToken::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The tokens of settings: those with a part of their own, with the flags they are given among the added ones.
     *
     * @param vocabulary has the added tokens, too; a special token that it lacks is text like any other
     */
    static AddedTokens of(TokenizerSettings settings, Vocabulary vocabulary, BertNormalizer normalizer) {
        Map<String, AddedToken> tokens = new LinkedHashMap<>();
        settings.specialTokens().names().filter(name -> vocabulary.id(name) >= 0)
                .forEach(name -> tokens.put(name, AddedToken.special(vocabulary.id(name), name)));
        settings.addedTokens().forEach(token -> tokens.put(token.content(), token));
        return new AddedTokens(new ArrayList<>(tokens.values()), normalizer, settings.splitSpecialTokens());
    }

    /** Finds those that are looked for in the text as it is. */
    TokenMatcher inText() {
        return inText;
    }

    /** Finds those that are looked for in what is left of a text once it is normalised. */
    TokenMatcher inNormalized() {
        return inNormalized;
    }

    boolean isSpecial(int id) {
        return specialIds.contains(id);
    }
}
