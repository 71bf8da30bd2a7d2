package io.demitasse.spring.ai;

import io.demitasse.Input;
import io.demitasse.Job;
import io.demitasse.TextEmbedder;
import io.demitasse.TextEmbedder.Settings;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.AbstractEmbeddingModel;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;

/**
 * Spring AI's {@code EmbeddingModel} on a {@link TextEmbedder}. Documents get the model's prompt for documents. Texts get
 * that for queries: a text by itself is what vector stores search by. Each call is an observation, with the names
 * that Spring AI and OpenTelemetry give it. Immutable and thread-safe; the embedder stays the caller's to close.
 */
public final class DemitasseEmbeddingModel extends AbstractEmbeddingModel {

    /** Who computes, in observations: {@code gen_ai.system}. */
    public static final String PROVIDER = "demitasse";

    private static final EmbeddingModelObservationConvention CONVENTION =
            new DefaultEmbeddingModelObservationConvention();
    private static final List<String> QUERY = List.of("query");
    private static final List<String> DOCUMENT = List.of("document", "passage", "corpus");

    private final TextEmbedder embedder;
    private final String name;
    private final Settings settings;
    private final @Nullable String queryPrompt;
    private final @Nullable String documentPrompt;
    private final ObservationRegistry observations;
    private final EmbeddingModelObservationConvention convention;

    /** An embedding model with the prompts that the model itself has, and all its dimensions. */
    public DemitasseEmbeddingModel(TextEmbedder embedder, String name) {
        this(embedder, name, null, null, null, ObservationRegistry.NOOP, null);
    }

    /**
     * An embedding model.
     *
     * @param name what responses and observations call the model
     * @param queryPrompt the model's prompt for queries; null for {@code query}, if the model has it
     * @param documentPrompt its prompt for documents; null for {@code document}, {@code passage} or {@code corpus}
     * @param dimensions how many numbers of a vector are kept; null for all
     * @param convention how observations are named; null for Spring AI's own
     * @throws IllegalArgumentException if the model has no such prompt, or fewer dimensions
     */
    public DemitasseEmbeddingModel(TextEmbedder embedder, String name, @Nullable String queryPrompt,
                                   @Nullable String documentPrompt, @Nullable Integer dimensions,
                                   ObservationRegistry observations,
                                   @Nullable EmbeddingModelObservationConvention convention) {
        this.embedder = embedder;
        this.name = name;
        this.settings = dimensions == null ? embedder.settings() : checked(dimensions);
        this.queryPrompt = prompt("query-prompt", queryPrompt, QUERY);
        this.documentPrompt = prompt("document-prompt", documentPrompt, DOCUMENT);
        this.observations = observations;
        this.convention = convention == null ? CONVENTION : convention;
    }

    private Settings checked(int dimensions) {
        Settings own = embedder.settings();
        if (dimensions < 1 || dimensions > own.dimensions()) {
            throw new IllegalArgumentException("dimensions is " + dimensions + ", but the model's vectors have "
                    + own.dimensions() + " numbers");
        }
        return own.withDimensions(dimensions);
    }

    private @Nullable String prompt(String key, @Nullable String given, List<String> usual) {
        Map<String, String> prompts = embedder.prompts();
        if (given != null && !prompts.containsKey(given)) {
            throw new IllegalArgumentException(key + " is \"" + given + "\", but the model has "
                    + (prompts.isEmpty() ? "no prompts" : "only " + String.join(", ", prompts.keySet())));
        }
        return given != null ? given : usual.stream().filter(prompts::containsKey).findFirst().orElse(null);
    }

    /**
     * The texts' vectors, in their order, as queries; all are computed together.
     *
     * @throws IllegalArgumentException if the options ask for more dimensions than the model has or for another model, or
     *     a text is too long and {@link io.demitasse.Truncation#FAIL} was chosen
     */
    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        return call(request, queryPrompt);
    }

    @Override
    public float[] embed(Document document) {
        return call(new EmbeddingRequest(List.of(getEmbeddingContent(document)), null), documentPrompt).getResult()
                .getOutput();
    }

    /** The documents' vectors, in their order; what the batching strategy puts together is computed together. */
    @Override
    public List<float[]> embed(List<Document> documents, @Nullable EmbeddingOptions options,
                               BatchingStrategy batchingStrategy) {
        List<float[]> vectors = new ArrayList<>(documents.size());
        for (List<Document> batch : batchingStrategy.batch(documents)) {
            List<String> texts = batch.stream().map(this::getEmbeddingContent).toList();
            call(new EmbeddingRequest(texts, options), documentPrompt).getResults()
                    .forEach(embedding -> vectors.add(embedding.getOutput()));
        }
        return vectors;
    }

    /** A document's text with those of its metadata that are meant to be embedded. */
    @Override
    public String getEmbeddingContent(Document document) {
        if (!document.isText()) {
            throw new IllegalArgumentException("document " + document.getId() + " is no text");
        }
        return document.getFormattedContent(MetadataMode.EMBED);
    }

    private EmbeddingResponse call(EmbeddingRequest asked, @Nullable String prompt) {
        EmbeddingRequest request = complete(asked);
        EmbeddingModelObservationContext context = EmbeddingModelObservationContext.builder()
                .embeddingRequest(request).provider(PROVIDER).build();
        EmbeddingResponse response = EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
                .observation(convention, CONVENTION, () -> context, observations).observe(() -> {
                    EmbeddingResponse made = compute(request, prompt);
                    context.setResponse(made);
                    return made;
                });
        if (response == null) {
            throw new IllegalStateException("an observation lost the response");
        }
        return response;
    }

    /** With the options that hold, for whoever observes. */
    private EmbeddingRequest complete(EmbeddingRequest asked) {
        EmbeddingOptions options = asked.getOptions();
        String model = options == null ? null : options.getModel();
        if (model != null && !model.equals(name)) {
            throw new IllegalArgumentException("the options ask for the model " + model + ", but this is " + name);
        }
        Integer dimensions = options == null ? null : options.getDimensions();
        return new EmbeddingRequest(asked.getInstructions(), EmbeddingOptions.builder().model(name)
                .dimensions((dimensions == null ? settings : checked(dimensions)).dimensions()).build());
    }

    private EmbeddingResponse compute(EmbeddingRequest request, @Nullable String prompt) {
        EmbeddingOptions options = request.getOptions();
        Integer dimensions = options == null ? null : options.getDimensions();
        Settings wanted = settings.withPromptName(prompt);
        Job<List<float[]>> job = embedder.job(request.getInstructions().stream().map(Input::of).toList(),
                dimensions == null ? wanted : wanted.withDimensions(dimensions));
        List<Embedding> embeddings = new ArrayList<>();
        for (float[] vector : embedder.model().run(job)) {
            embeddings.add(new Embedding(vector, embeddings.size()));
        }
        int tokens = job.sequences().stream().mapToInt(sequence -> sequence.size()).sum();
        return new EmbeddingResponse(embeddings, new EmbeddingResponseMetadata(name, new DefaultUsage(tokens, 0)));
    }

    @Override
    public int dimensions() {
        return settings.dimensions();
    }
}
