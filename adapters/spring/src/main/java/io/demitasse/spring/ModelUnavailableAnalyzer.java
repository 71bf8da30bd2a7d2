package io.demitasse.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in two lines, instead of a stack trace, why an application does not start. */
public final class ModelUnavailableAnalyzer extends AbstractFailureAnalyzer<ModelUnavailableException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ModelUnavailableException cause) {
        return new FailureAnalysis(cause.getMessage(),
                "Set demitasse.model to a flat weight file, to a Hugging Face folder, or to classpath: and a flat weight "
                        + "file among the resources; see the demitasse.* properties for how it is loaded.", cause);
    }
}
