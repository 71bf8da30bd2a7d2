package io.demitasse.spring;

import io.demitasse.Options;
import io.demitasse.Truncation;
import io.demitasse.kernel.Int8Activations;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an application says about its model.
 *
 * @param model where the model is: classpath:/model.flat, or the path of a flat weight file or a Hugging Face folder.
 * @param name what health, metrics and responses call the model; its file's name without the ending if not said.
 * @param threads how many threads one call computes on, the calling one included; one for each processor if not said.
 * @param kernels auto for the fastest that work on this machine, or one kind by name.
 * @param truncation what is done with a text that is longer than the model can read.
 * @param splitSpecialTokens whether [SEP], [MASK] and the like in a text are plain text; for texts from strangers.
 * @param int8Activations how precisely products with int8 weights are computed.
 * @param embedding how vectors are made.
 * @param rerank how Spring AI's documents are reranked.
 */
@ConfigurationProperties("demitasse")
public record DemitasseProperties(@Nullable String model, @Nullable String name, @Nullable Integer threads,
                                  @DefaultValue("auto") String kernels, @DefaultValue("truncate") Excess truncation,
                                  @DefaultValue("false") boolean splitSpecialTokens,
                                  @DefaultValue("exact") Int8Activations int8Activations,
                                  @DefaultValue Embedding embedding, @DefaultValue Rerank rerank) {

    /** What is done with a text that is too long. */
    public enum Excess {
        /** Its end is cut off. */
        TRUNCATE,
        /** It is refused with an IllegalArgumentException. */
        FAIL
    }

    /**
     * How Spring AI's vectors are made.
     *
     * @param queryPrompt which of the model's prompts stands before a query; its prompt "query", if it has one, if not said.
     * @param documentPrompt which of the model's prompts stands before a document; its prompt "document", "passage" or
     *     "corpus", if it has one, if not said.
     * @param dimensions how many numbers of a vector are kept, from the first on (Matryoshka); all if not said.
     */
    public record Embedding(@Nullable String queryPrompt, @Nullable String documentPrompt,
                            @Nullable Integer dimensions) {
    }

    /**
     * How Spring AI's documents are reranked.
     *
     * @param topK how many documents are kept at most; all if not said.
     */
    public record Rerank(@Nullable Integer topK) {
    }

    /**
     * The same as the library calls it.
     *
     * @throws IllegalArgumentException if there are no such kernels or less than one thread
     */
    public Options options() {
        Options options = Options.defaults().withKernels(kernels).withSplitSpecialTokens(splitSpecialTokens)
                .withTruncation(truncation == Excess.FAIL ? Truncation.FAIL : Truncation.TRUNCATE)
                .withInt8Activations(int8Activations);
        return threads == null ? options : options.withThreads(threads);
    }

    /** What health, metrics and responses call the model. */
    public String modelName() {
        if (name != null && !name.isBlank()) {
            return name;
        }
        String location = model == null ? "" : model.replaceFirst("[/\\\\]+$", "");
        return location.replaceFirst("^.*[/\\\\:]", "").replaceFirst("\\.flat$", "");
    }
}
