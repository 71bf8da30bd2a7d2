/**
 * LangChain4j's interfaces on Demitasse's models: embeddings, scores, labels, token counts and a guardrail, all computed
 * in the JVM without native code.
 */
@NullMarked
package io.demitasse.langchain4j;

import org.jspecify.annotations.NullMarked;
