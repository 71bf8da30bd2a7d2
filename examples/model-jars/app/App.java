package app;

import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.models.minilm.MiniLm;
import io.demitasse.models.sst2.Sst2;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Classifies and compares texts with the models that its dependencies are. */
public final class App {

    public static void main(String[] args) throws IOException {
        try (TextClassifier classifier = Sst2.load(); TextEmbedder embedder = MiniLm.load()) {
            Classification result = classifier.classify("a gorgeous, witty, seductive movie");
            System.out.println(result.label() + " " + result.score());
            float[] similarities = embedder.similarity("a cat", List.of("a kitten", "a rocket"));
            System.out.println(similarities[0] > similarities[1] ? "a kitten" : "a rocket");
        }
        // The weights are a resource like any other: here is how to read them without the model's own class.
        try (InputStream weights = App.class.getClassLoader().getResourceAsStream(Sst2.RESOURCE);
                TextClassifier classifier = TextClassifier.load(weights, Options.defaults().withKernels("plain"))) {
            System.out.println(classifier.labels());
        }
    }
}
