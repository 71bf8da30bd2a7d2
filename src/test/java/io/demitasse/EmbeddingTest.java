package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library in apps of several kinds, each a JVM of its own with nothing on its path but what is said. */
class EmbeddingTest {

    private static final String APP = """
            package app;

            import io.demitasse.Options;
            import io.demitasse.TextClassifier;
            import java.nio.file.Path;
            import java.util.Arrays;

            public class App {
                public static void main(String[] args) {
                    Options options = Options.defaults().withKernels(args[1]);
                    try (TextClassifier classifier = TextClassifier.load(Path.of(args[0]), options)) {
                        System.out.println(classifier.kernels() + " "
                                + Arrays.toString(classifier.classifyIds(new int[] {1, 2, 3}).logits()));
                    } catch (IllegalArgumentException e) {
                        System.out.println(e.getMessage());
                    }
                }
            }
            """;
    private static final String VECTOR = "--add-modules=jdk.incubator.vector";
    private static final String LIBRARY = "target/classes";

    @TempDir
    static Path folder;

    private static String gson;
    private static String jblas;
    private static String plain;
    private static String fastest;    // with the vector module; a regular expression

    @BeforeAll
    static void compileTheApp() throws IOException {
        gson = onClassPath("gson");
        jblas = onClassPath("jblas");
        Path source = Files.createDirectories(folder.resolve("src/app")).resolve("App.java");
        Files.writeString(source, APP);
        Path module = Files.writeString(folder.resolve("src/module-info.java"), "module app { requires io.demitasse; }");
        compile("--module-path", LIBRARY + File.pathSeparator + gson, "-d", folder.resolve("app").toString(),
                source.toString(), module.toString());
        plain = expected("plain");
        // A JVM without the module knows only what it looks like.
        fastest = TestModels.kernels().contains("vector") ? Pattern.quote(expected("vector")) : "(vector|plain) \\[.*]";
    }

    private static String expected(String kernels) {
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, Options.defaults().withKernels(kernels))) {
            return kernels + " " + Arrays.toString(classifier.classifyIds(new int[] {1, 2, 3}).logits());
        }
    }

    private static void compile(String... arguments) {
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments)).isZero();
    }

    private static String onClassPath(String library) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> Path.of(path).getFileName().toString().startsWith(library + "-")).findFirst().orElseThrow();
    }

    private static String path(String... parts) {
        return String.join(File.pathSeparator, parts);
    }

    private static String app() {
        return folder.resolve("app").toString();
    }

    private static String onClassPath(String kernels, List<String> options, String... path) throws Exception {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("-cp", path(path), "app.App"));
        return run(kernels, arguments);
    }

    private static String onModulePath(String kernels, List<String> options, String... path) throws Exception {
        List<String> arguments = new ArrayList<>(options);
        arguments.addAll(List.of("--module-path", path(path), "--module", "app/app.App"));
        return run(kernels, arguments);
    }

    /** What the app prints on stdout; it must end well. */
    private static String run(String kernels, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC"));
        command.addAll(arguments);
        command.addAll(List.of(TestModels.TINY.toString(), kernels));
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        assertThat(Files.readString(err)).doesNotContain("Exception", "Error");
        return out.strip();
    }

    @Test
    void onTheClassPathWithGsonAlone() throws Exception {
        assertThat(onClassPath("auto", List.of(), app(), LIBRARY, gson)).isEqualTo(plain);
        assertThat(onClassPath("auto", List.of(VECTOR), app(), LIBRARY, gson)).matches(fastest);
        assertThat(onClassPath("jblas", List.of(), app(), LIBRARY, gson))
                .contains("\"jblas\" do not work here", "not on the class path", "org.jblas");
    }

    @Test
    void onTheModulePathWithGsonAlone() throws Exception {
        assertThat(onModulePath("auto", List.of(), app(), LIBRARY, gson)).isEqualTo(plain);
        assertThat(onModulePath("auto", List.of(VECTOR), app(), LIBRARY, gson)).matches(fastest);
        assertThat(onModulePath("jblas", List.of(), app(), LIBRARY, gson)).contains("\"jblas\" do not work here");
    }

    @Test
    void theModuleFindsJblasWhereItIsAdded() throws Exception {
        String out = onModulePath("jblas", List.of("--add-modules=jblas", "--enable-native-access=jblas"), app(), LIBRARY,
                gson, jblas);

        assertThat(out).matches(TestModels.kernels().contains("jblas") ? "jblas \\[.*]"
                : ".*\"jblas\" do not work here: jblas.*");
    }

    @Test
    void withoutAFolderForTemporaryFiles() throws Exception {
        // A file in the place of the folder: nothing can be unpacked there, not even by root.
        Path none = Files.writeString(folder.resolve("tmp"), "");
        List<String> options = List.of("-Djava.io.tmpdir=" + none, "--enable-native-access=ALL-UNNAMED");

        // Machine code is written to memory alone.
        assertThat(onClassPath("auto", options, app(), LIBRARY, gson, jblas))
                .matches(TestModels.kernels().contains("machine") ? "machine \\[.*]" : Pattern.quote(plain));
        assertThat(onClassPath("jblas", options, app(), LIBRARY, gson, jblas)).contains("\"jblas\" do not work here",
                "cannot unpack");
    }

    @Test
    void withoutFlightRecorderAndManagement() throws Exception {
        assertThat(onClassPath("auto", List.of("--limit-modules=java.base,java.sql"), app(), LIBRARY, gson))
                .isEqualTo(plain);
    }

    /** An app server's two apps, each with the library in a loader of its own; and the loaders go when the apps go. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "auto"})
    void inTwoClassLoadersAtOnce(String kernels) throws Exception {
        List<WeakReference<ClassLoader>> loaders = classifyInTwoClassLoaders(kernels);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);    // the warm-up may take half of it
        while (loaders.stream().anyMatch(loader -> loader.get() != null) && System.nanoTime() < deadline) {
            System.gc();
            Thread.sleep(50);
        }

        assertThat(loaders).allMatch(loader -> loader.get() == null);
    }

    private static List<WeakReference<ClassLoader>> classifyInTwoClassLoaders(String kernels) throws Exception {
        try (URLClassLoader first = loader(); URLClassLoader second = loader();
                AutoCloseable one = load(first, kernels); AutoCloseable two = load(second, kernels)) {
            assertThat(one.getClass()).isNotEqualTo(two.getClass()).isNotEqualTo(TextClassifier.class);
            assertThat(result(one)).isEqualTo(result(two)).matches(kernels.equals("plain") ? Pattern.quote(plain)
                    : TestModels.kernels().contains("machine") ? "machine \\[.*]" : fastest);
            return List.of(new WeakReference<>(first), new WeakReference<>(second));
        }
    }

    private static URLClassLoader loader() throws MalformedURLException {
        URL[] urls = {Path.of(LIBRARY).toUri().toURL(), Path.of(gson).toUri().toURL()};
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }

    private static AutoCloseable load(ClassLoader loader, String kernels) throws ReflectiveOperationException {
        Class<?> options = loader.loadClass(Options.class.getName());
        Object chosen = options.getMethod("withKernels", String.class)
                .invoke(options.getMethod("defaults").invoke(null), kernels);
        return (AutoCloseable) loader.loadClass(TextClassifier.class.getName())
                .getMethod("load", Path.class, options).invoke(null, TestModels.TINY, chosen);
    }

    private static String result(Object classifier) throws ReflectiveOperationException {
        Object result = classifier.getClass().getMethod("classifyIds", int[].class)
                .invoke(classifier, (Object) new int[] {1, 2, 3});
        Method logits = result.getClass().getMethod("logits");
        return classifier.getClass().getMethod("kernels").invoke(classifier) + " "
                + Arrays.toString((float[]) logits.invoke(result));
    }
}
