package io.demitasse.spring.ai;

import io.demitasse.Reranker;
import io.demitasse.spring.DemitasseAutoConfiguration;
import io.demitasse.spring.DemitasseProperties;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Spring AI's {@code DocumentPostProcessor} on a cross-encoder, where there is Spring AI's RAG. */
@AutoConfiguration(after = DemitasseAutoConfiguration.class)
@ConditionalOnClass(DocumentPostProcessor.class)
@ConditionalOnBean({Reranker.class, DemitasseProperties.class})
public class DemitasseRerankAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    DemitasseReranker demitasseDocumentReranker(Reranker reranker, DemitasseProperties properties,
                                                ObjectProvider<ObservationRegistry> observations) {
        Integer topK = properties.rerank().topK();
        return new DemitasseReranker(reranker, properties.modelName(), topK == null ? Integer.MAX_VALUE : topK,
                observations.getIfUnique(() -> ObservationRegistry.NOOP));
    }
}
