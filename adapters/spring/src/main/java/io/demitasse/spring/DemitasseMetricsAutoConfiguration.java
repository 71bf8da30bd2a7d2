package io.demitasse.spring;

import io.demitasse.Model;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Meters of the model, where there is Micrometer. */
@AutoConfiguration(after = DemitasseAutoConfiguration.class)
@ConditionalOnProperty("demitasse.model")
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnSingleCandidate(Model.class)
@EnableConfigurationProperties(DemitasseProperties.class)
public class DemitasseMetricsAutoConfiguration {

    /** Made before the model, which it listens to. */
    @Bean
    @ConditionalOnMissingBean
    ModelMetrics demitasseModelMetrics(DemitasseProperties properties) {
        return new ModelMetrics(properties.modelName());
    }

    /** Made after it, since only then it is known which kernels compute. */
    @Bean
    MeterBinder demitasseMeters(ModelMetrics metrics, Model model) {
        return registry -> metrics.bindTo(registry, model.kernels());
    }
}
