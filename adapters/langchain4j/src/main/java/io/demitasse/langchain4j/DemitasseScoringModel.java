package io.demitasse.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import io.demitasse.Job;
import io.demitasse.Reranker;
import java.util.ArrayList;
import java.util.List;

/**
 * LangChain4j's {@code ScoringModel} on a cross-encoder, as for {@code ReRankingContentAggregator}. Scores are those of
 * sentence-transformers' {@code CrossEncoder}: 0 to 1 where the model's activation is a sigmoid. Immutable and thread-safe.
 */
public final class DemitasseScoringModel implements ScoringModel, AutoCloseable {

    private final ModelBuilder.Held<Reranker> held;
    private final Reranker reranker;
    private final boolean rawScores;

    private DemitasseScoringModel(Builder builder, ModelBuilder.Held<Reranker> held) {
        this.held = held;
        this.reranker = held.model();
        this.rawScores = builder.rawScores;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A score for each segment, in their order: how well it answers the query. All are computed together. */
    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        Job<float[]> job = reranker.scores(query, segments.stream().map(TextSegment::text).toList(), rawScores);
        List<Double> scores = new ArrayList<>(segments.size());
        for (float score : reranker.model().run(job)) {
            scores.add((double) score);
        }
        return Response.from(scores, TokenCounts.of(job, reranker.model().tokenizer().addedTokens(true)));
    }

    /** Ends the model's threads if the builder loaded it. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        held.close();
    }

    /** Says which model it is. Start from {@link DemitasseScoringModel#builder()}. */
    public static final class Builder extends ModelBuilder<Reranker, Builder> {

        private boolean rawScores;

        private Builder() {
        }

        @Override
        Builder self() {
            return this;
        }

        /** A reranker that is loaded already. It stays the caller's to close. */
        public Builder reranker(Reranker reranker) {
            return shared(reranker);
        }

        /** Whether scores are logits, without the model's activation. */
        public Builder rawScores(boolean rawScores) {
            this.rawScores = rawScores;
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws io.demitasse.file.ModelFormatException if the file is damaged, no model, or no cross-encoder
         * @throws IllegalArgumentException if no model was given
         */
        public DemitasseScoringModel build() {
            return held(Reranker::load, Reranker::load).make(held -> new DemitasseScoringModel(this, held));
        }
    }
}
