package io.demitasse.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.DimensionAwareEmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import io.demitasse.Input;
import io.demitasse.Job;
import io.demitasse.TextEmbedder;
import io.demitasse.TextEmbedder.Settings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's {@code EmbeddingModel} on a {@link TextEmbedder}. A query gets the model's prompt {@code query}, a
 * document its prompt {@code document}, {@code passage} or {@code corpus}, as sentence-transformers' {@code encode_query}
 * and {@code encode_document} do; a request that names neither gets the model's default. Immutable and thread-safe.
 */
public final class DemitasseEmbeddingModel extends DimensionAwareEmbeddingModel implements AutoCloseable {

    private static final List<String> QUERY = List.of("query");
    private static final List<String> DOCUMENT = List.of("document", "passage", "corpus");

    private final ModelBuilder.Held<TextEmbedder> held;
    private final TextEmbedder embedder;
    private final Settings settings;
    private final @Nullable String queryPrompt;
    private final @Nullable String documentPrompt;
    private final String modelName;
    private final List<EmbeddingModelListener> listeners;

    private DemitasseEmbeddingModel(Builder builder, ModelBuilder.Held<TextEmbedder> held) {
        this.held = held;
        this.embedder = held.model();
        Settings own = embedder.settings();
        int most = own.dimensions();
        int dimensions = builder.dimensions == null ? most : builder.dimensions;
        if (dimensions < 1 || dimensions > most) {
            throw new IllegalArgumentException("dimensions is " + dimensions + ", but the model's vectors have " + most
                    + " numbers");
        }
        boolean normalize = builder.normalize == null ? own.normalize() : builder.normalize;
        this.settings = own.withDimensions(dimensions).withNormalize(normalize);
        this.queryPrompt = prompt("queryPrompt", builder.queryPrompt, QUERY);
        this.documentPrompt = prompt("documentPrompt", builder.documentPrompt, DOCUMENT);
        this.modelName = builder.modelName == null ? held.name() : builder.modelName;
        this.listeners = builder.listeners;
    }

    private @Nullable String prompt(String setter, @Nullable String given, List<String> usual) {
        Map<String, String> prompts = embedder.prompts();
        if (given != null && !prompts.containsKey(given)) {
            throw new IllegalArgumentException(setter + " is \"" + given + "\", but the model has "
                    + (prompts.isEmpty() ? "no prompts" : "only " + String.join(", ", prompts.keySet())));
        }
        return given != null ? given : usual.stream().filter(prompts::containsKey).findFirst().orElse(null);
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * The texts' vectors, in their order; all are computed together.
     *
     * @throws IllegalArgumentException if more dimensions are asked for than the model has, or a text is too long and
     *     {@link io.demitasse.Truncation#FAIL} was chosen
     */
    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        Settings wanted = settings;
        if (request.inputType() != null) {
            wanted = wanted.withPromptName(request.inputType() == EmbeddingInputType.QUERY ? queryPrompt : documentPrompt);
        }
        if (request.dimensions() != null) {
            wanted = wanted.withDimensions(request.dimensions());
        }
        List<Input> inputs = request.inputs().stream().map(input -> Input.of(input.text())).toList();
        Job<List<float[]>> job = embedder.job(inputs, wanted);
        List<Embedding> embeddings = embedder.model().run(job).stream().map(Embedding::from).toList();
        return EmbeddingResponse.builder()
                .embeddings(embeddings)
                .metadata(EmbeddingResponseMetadata.builder()
                        .modelName(modelName)
                        .tokenUsage(TokenCounts.of(job, embedder.tokenizer().addedTokens(false)))
                        .build())
                .build();
    }

    /** Dimensions, and the input type if the model has a prompt for queries or documents: else it could not obey. */
    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return queryPrompt == null && documentPrompt == null ? Set.of(EmbeddingRequestParameters.DIMENSIONS)
                : Set.of(EmbeddingRequestParameters.DIMENSIONS, EmbeddingRequestParameters.INPUT_TYPE);
    }

    @Override
    protected Integer knownDimension() {
        return settings.dimensions();
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    /** As the builder said, or the file's name without its ending. */
    @Override
    public String modelName() {
        return modelName;
    }

    /** Ends the model's threads if the builder loaded it. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        held.close();
    }

    /** Says which model it is. Start from {@link DemitasseEmbeddingModel#builder()}. */
    public static final class Builder extends ModelBuilder<TextEmbedder, Builder> {

        private @Nullable String modelName;
        private @Nullable String queryPrompt;
        private @Nullable String documentPrompt;
        private @Nullable Integer dimensions;
        private @Nullable Boolean normalize;
        private List<EmbeddingModelListener> listeners = List.of();

        private Builder() {
        }

        @Override
        Builder self() {
            return this;
        }

        /** An embedder that is loaded already. It stays the caller's to close. */
        public Builder embedder(TextEmbedder embedder) {
            return shared(embedder);
        }

        /** What responses and listeners call the model; its file's name if not said. */
        public Builder modelName(String modelName) {
            this.modelName = modelName;
            return this;
        }

        /** The name of the model's prompt for queries; {@code query} if not said. */
        public Builder queryPrompt(String queryPrompt) {
            this.queryPrompt = queryPrompt;
            return this;
        }

        /** The name of the model's prompt for documents; {@code document}, {@code passage} or {@code corpus} if not said. */
        public Builder documentPrompt(String documentPrompt) {
            this.documentPrompt = documentPrompt;
            return this;
        }

        /** Keeps the first numbers of a vector (Matryoshka); a request may ask for another number of them. */
        public Builder dimensions(int dimensions) {
            this.dimensions = dimensions;
            return this;
        }

        /** See {@link #dimensions(int)}. */
        public Builder dimensions(String dimensions) {
            return dimensions(integer("dimensions", dimensions));
        }

        /** Whether vectors are scaled to length 1; as the model's own files say if not said. */
        public Builder normalize(boolean normalize) {
            this.normalize = normalize;
            return this;
        }

        /** Who is told of each request, response and error. */
        public Builder listeners(List<EmbeddingModelListener> listeners) {
            this.listeners = List.copyOf(listeners);
            return this;
        }

        /** See {@link #listeners(List)}. */
        public Builder listeners(EmbeddingModelListener... listeners) {
            return listeners(Stream.of(listeners).toList());
        }

        /**
         * Loads the model.
         *
         * @throws io.demitasse.file.ModelFormatException if the file is damaged or no model
         * @throws IllegalArgumentException if no model was given, or it cannot do what was asked for
         */
        public DemitasseEmbeddingModel build() {
            return held(TextEmbedder::load, TextEmbedder::load).make(held -> new DemitasseEmbeddingModel(this, held));
        }
    }
}
