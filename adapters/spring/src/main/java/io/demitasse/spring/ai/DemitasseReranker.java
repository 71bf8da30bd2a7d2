package io.demitasse.spring.ai;

import io.demitasse.Ranking;
import io.demitasse.Reranker;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.ai.document.Document;
import org.springframework.ai.observation.conventions.AiObservationAttributes;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;

/**
 * Sorts what was retrieved by how well it answers the query, best first, with a cross-encoder; each document's score
 * becomes the cross-encoder's. Each call is an observation, {@code gen_ai.client.operation} with
 * {@code gen_ai.operation.name=rerank} and the keys that Spring AI's own observations have. Immutable and
 * thread-safe; the reranker stays the caller's to close.
 */
public final class DemitasseReranker implements DocumentPostProcessor {

    private final Reranker reranker;
    private final String name;
    private final int topK;
    private final ObservationRegistry observations;

    /**
     * A post-processor.
     *
     * @param name what observations call the model
     * @param topK how many documents are kept at most
     * @throws IllegalArgumentException if topK is below 1
     */
    public DemitasseReranker(Reranker reranker, String name, int topK, ObservationRegistry observations) {
        if (topK < 1) {
            throw new IllegalArgumentException("top-k must be at least 1, not " + topK);
        }
        this.reranker = reranker;
        this.name = name;
        this.topK = topK;
        this.observations = observations;
    }

    /**
     * The best documents, best first.
     *
     * @throws IllegalArgumentException if one of the documents is no text
     */
    @Override
    public List<Document> process(Query query, List<Document> documents) {
        return Objects.requireNonNull(Observation.createNotStarted("gen_ai.client.operation", observations)
                .contextualName("rerank " + name)
                .lowCardinalityKeyValue(AiObservationAttributes.AI_OPERATION_TYPE.value(), "rerank")
                .lowCardinalityKeyValue(AiObservationAttributes.AI_PROVIDER.value(), DemitasseEmbeddingModel.PROVIDER)
                .lowCardinalityKeyValue(AiObservationAttributes.REQUEST_MODEL.value(), name)
                .lowCardinalityKeyValue(AiObservationAttributes.RESPONSE_MODEL.value(), name)
                .observe(() -> rerank(query.text(), documents)));
    }

    private List<Document> rerank(String query, List<Document> documents) {
        List<String> texts = new ArrayList<>(documents.size());
        for (Document document : documents) {
            String text = document.getText();
            if (text == null) {
                throw new IllegalArgumentException("document " + document.getId() + " is no text");
            }
            texts.add(text);
        }
        List<Document> ranked = new ArrayList<>();
        for (Ranking ranking : reranker.rank(query, texts, topK, false)) {
            ranked.add(documents.get(ranking.index()).mutate().score((double) ranking.score()).build());
        }
        return List.copyOf(ranked);
    }
}
