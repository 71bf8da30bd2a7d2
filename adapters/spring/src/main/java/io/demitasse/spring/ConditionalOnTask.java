package io.demitasse.spring;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Conditional;

/** Only if the model that {@code demitasse.model} names can do this task; any encoder can make vectors. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnTaskCondition.class)
public @interface ConditionalOnTask {

    /** Hugging Face's name of the task, such as {@code text-classification}. */
    String value();
}
