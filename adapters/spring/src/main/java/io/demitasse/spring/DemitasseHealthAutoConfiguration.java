package io.demitasse.spring;

import io.demitasse.Model;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The model in /actuator/health, where there is Spring Boot's health; {@code management.health.demitasse.enabled}. */
@AutoConfiguration(after = DemitasseAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(Model.class)
@ConditionalOnProperty("demitasse.model")
@ConditionalOnEnabledHealthIndicator("demitasse")
@EnableConfigurationProperties(DemitasseProperties.class)
public class DemitasseHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "demitasseHealthIndicator")
    HealthIndicator demitasseHealthIndicator(Model model, DemitasseProperties properties) {
        return new ModelHealthIndicator(model, properties.modelName());
    }
}
