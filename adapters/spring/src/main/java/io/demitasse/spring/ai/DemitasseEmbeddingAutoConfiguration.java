package io.demitasse.spring.ai;

import io.demitasse.TextEmbedder;
import io.demitasse.spring.DemitasseAutoConfiguration;
import io.demitasse.spring.DemitasseProperties;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** Spring AI's {@code EmbeddingModel}, where there is Spring AI; {@code spring.ai.model.embedding} may name another. */
@AutoConfiguration(after = DemitasseAutoConfiguration.class)
@ConditionalOnClass(EmbeddingModel.class)
@ConditionalOnBean({TextEmbedder.class, DemitasseProperties.class})
@ConditionalOnProperty(name = "spring.ai.model.embedding", havingValue = "demitasse", matchIfMissing = true)
public class DemitasseEmbeddingAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    DemitasseEmbeddingModel demitasseEmbeddingModel(TextEmbedder embedder, DemitasseProperties properties,
            ObjectProvider<ObservationRegistry> observations,
            ObjectProvider<EmbeddingModelObservationConvention> convention) {
        DemitasseProperties.Embedding embedding = properties.embedding();
        return new DemitasseEmbeddingModel(embedder, properties.modelName(), embedding.queryPrompt(),
                embedding.documentPrompt(), embedding.dimensions(),
                observations.getIfUnique(() -> ObservationRegistry.NOOP), convention.getIfUnique());
    }
}
