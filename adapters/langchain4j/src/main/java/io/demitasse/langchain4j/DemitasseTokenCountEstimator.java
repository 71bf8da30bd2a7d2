package io.demitasse.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.TokenCountEstimator;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;

/**
 * Counts the tokens that a model's tokenizer makes of a text, [CLS] and [SEP] not counted, however long it is: what a
 * document splitter needs to cut texts that fit the model. The counts are exact for Demitasse's models, and not those
 * of a chat model.
 */
public final class DemitasseTokenCountEstimator implements TokenCountEstimator {

    private final WordPieceTokenizer tokenizer;
    private final int added;

    /** Counts with a tokenizer such as {@code TextEmbedder.tokenizer()}, which may outlive its model. */
    public DemitasseTokenCountEstimator(WordPieceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.added = tokenizer.addedTokens(false);
    }

    @Override
    public int estimateTokenCountInText(String text) {
        Encoding encoding = tokenizer.encode(text);
        return Math.addExact(encoding.size() - added, encoding.tokensCut());
    }

    /**
     * The tokens of a message's texts.
     *
     * @throws IllegalArgumentException if it has images or the like, or is of a kind without text
     */
    @Override
    public int estimateTokenCountInMessage(ChatMessage message) {
        if (message instanceof SystemMessage system) {
            return estimateTokenCountInText(system.text());
        }
        if (message instanceof UserMessage user) {
            return user.contents().stream().mapToInt(content -> {
                if (content instanceof TextContent text) {
                    return estimateTokenCountInText(text.text());
                }
                throw new IllegalArgumentException("a tokenizer of texts cannot count " + content.type());
            }).sum();
        }
        if (message instanceof AiMessage ai) {
            return ai.text() == null ? 0 : estimateTokenCountInText(ai.text());
        }
        if (message instanceof ToolExecutionResultMessage result) {
            return estimateTokenCountInText(result.text());
        }
        throw new IllegalArgumentException("a tokenizer of texts cannot count a message of type " + message.type());
    }

    @Override
    public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
        int tokens = 0;
        for (ChatMessage message : messages) {
            tokens += estimateTokenCountInMessage(message);
        }
        return tokens;
    }
}
