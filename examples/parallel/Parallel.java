import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Labels texts from many threads that share one classifier: virtual threads where Java has them (21 and newer), else a
 * pool. Each call computes on its own thread, hence {@code withThreads(1)}. Argument: the weight file.
 */
public class Parallel {

    private static final List<String> WORDS = List.of("good", "bad", "a dull film", "a gorgeous, witty, seductive movie");

    public static void main(String[] args) throws Exception {
        ExecutorService executor = executor();
        try (TextClassifier classifier = TextClassifier.load(Path.of(args[0]), Options.defaults().withThreads(1))) {
            List<Future<String>> labels = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String text = WORDS.get(i % WORDS.size()) + " " + i;
                labels.add(executor.submit(() -> classifier.classify(text) + "\t" + text));
            }
            for (Future<String> label : labels) {
                System.out.println(label.get());
            }
        } finally {
            executor.shutdown();
        }
    }

    /** By reflection, so that this compiles on 17. On 21 and newer write {@code newVirtualThreadPerTaskExecutor()}. */
    private static ExecutorService executor() throws ReflectiveOperationException {
        try {
            return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException e) {
            return Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        }
    }
}
