import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import java.nio.file.Path;
import java.util.List;

/** Labels a few texts. Arguments: the weight file, then texts. */
public class Classify {

    public static void main(String[] args) {
        List<String> texts = List.of(args).subList(1, args.length);
        try (TextClassifier classifier = TextClassifier.load(Path.of(args[0]))) {
            List<Classification> results = classifier.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                System.out.println(results.get(i) + "\t" + texts.get(i));
            }
        }
    }
}
