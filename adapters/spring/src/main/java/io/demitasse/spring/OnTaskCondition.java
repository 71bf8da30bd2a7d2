package io.demitasse.spring;

import java.util.Map;
import java.util.Set;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Looks into the model's header, once for an application: which beans there are is settled before there is any, so the
 * model itself cannot be asked.
 */
final class OnTaskCondition extends SpringBootCondition {

    private static final String TASKS = OnTaskCondition.class.getName() + ".tasks";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Map<String, Object> attributes = metadata.getAnnotationAttributes(ConditionalOnTask.class.getName());
        String task = attributes == null ? "" : (String) attributes.get("value");
        String model = context.getEnvironment().getProperty("demitasse.model");
        if (model == null) {
            return ConditionOutcome.noMatch("demitasse.model is not set");
        }
        Set<?> tasks = tasks(context, model);
        return new ConditionOutcome(tasks.contains(task), model + " is for " + tasks);
    }

    private static Set<?> tasks(ConditionContext context, String model) {
        ConfigurableListableBeanFactory beans = context.getBeanFactory();
        if (beans == null) {
            return ModelLoader.tasks(model, context.getResourceLoader());
        }
        if (!(beans.getSingleton(TASKS) instanceof Set<?>)) {
            beans.registerSingleton(TASKS, ModelLoader.tasks(model, context.getResourceLoader()));
        }
        return beans.getSingleton(TASKS) instanceof Set<?> tasks ? tasks : Set.of();
    }
}
