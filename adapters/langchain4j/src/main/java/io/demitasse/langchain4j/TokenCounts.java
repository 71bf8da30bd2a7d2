package io.demitasse.langchain4j;

import dev.langchain4j.model.output.TokenUsage;
import io.demitasse.Job;

/** How much a model read, as LangChain4j's in-process models count it: without [CLS] and [SEP]. */
final class TokenCounts {

    private TokenCounts() {
    }

    /** @param added how many special tokens each of the job's sequences has */
    static TokenUsage of(Job<?> job, int added) {
        int tokens = job.sequences().stream().mapToInt(sequence -> sequence.size() - added).sum();
        return new TokenUsage(tokens);
    }
}
