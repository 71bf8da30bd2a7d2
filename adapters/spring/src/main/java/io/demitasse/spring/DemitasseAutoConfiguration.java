package io.demitasse.spring;

import io.demitasse.FillMask;
import io.demitasse.Model;
import io.demitasse.ModelListener;
import io.demitasse.MultipleChoice;
import io.demitasse.QuestionAnswerer;
import io.demitasse.Reranker;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.TokenClassifier;
import io.demitasse.ZeroShotClassifier;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.io.ResourceLoader;

/**
 * The model that {@code demitasse.model} names, and of the classes that stand on it those that the model is for. They are
 * made when the application starts; the model is closed when it stops. An application that makes a {@link Model} of its
 * own also makes what stands on it.
 */
@AutoConfiguration
@ConditionalOnProperty("demitasse.model")
@ConditionalOnMissingBean(Model.class)
@EnableConfigurationProperties(DemitasseProperties.class)
@ImportRuntimeHints(DemitasseRuntimeHints.class)
public class DemitasseAutoConfiguration {

    /** The listeners in the application all hear of the model's passes. */
    @Bean(destroyMethod = "close")
    Model demitasseModel(DemitasseProperties properties, ResourceLoader resources,
                         ObjectProvider<ModelListener> listeners) {
        List<ModelListener> all = listeners.orderedStream().toList();
        return ModelLoader.load(properties, resources, all.isEmpty() ? null
                : (sequences, tokens, nanoseconds, kernels) -> {
                    for (ModelListener listener : all) {
                        listener.passed(sequences, tokens, nanoseconds, kernels);
                    }
                });
    }

    // The model closes itself: nothing that stands on it may do it a second time, or before another is done.

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("text-classification")
    TextClassifier demitasseTextClassifier(Model model) {
        return new TextClassifier(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("token-classification")
    TokenClassifier demitasseTokenClassifier(Model model) {
        return new TokenClassifier(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("question-answering")
    QuestionAnswerer demitasseQuestionAnswerer(Model model) {
        return new QuestionAnswerer(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("fill-mask")
    FillMask demitasseFillMask(Model model) {
        return new FillMask(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("zero-shot-classification")
    ZeroShotClassifier demitasseZeroShotClassifier(Model model) {
        return new ZeroShotClassifier(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("text-ranking")
    Reranker demitasseReranker(Model model) {
        return new Reranker(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("multiple-choice")
    MultipleChoice demitasseMultipleChoice(Model model) {
        return new MultipleChoice(model);
    }

    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnTask("feature-extraction")
    TextEmbedder demitasseTextEmbedder(Model model) {
        return new TextEmbedder(model);
    }
}
