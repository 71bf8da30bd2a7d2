package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That machine code touches nothing but its operands, and what happens where it is not allowed. */
class MachineSafetyTest {

    @BeforeEach
    void machineCodeWorks() {
        assumeThat(MachineSupport.obstacle()).as("machine code").isEmpty();
    }

    private record Ended(int status, String out, String errors) {
    }

    private static Ended java(Class<?> program, List<String> options, String... args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null", "-cp", System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(program.getName());
        command.addAll(List.of(args));
        File errors = File.createTempFile("errors", "txt");
        Process process = new ProcessBuilder(command).redirectError(errors).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        String told = Files.readString(errors.toPath());
        assertThat(errors.delete()).isTrue();
        return new Ended(status, out, told);
    }

    private static final List<String> ALLOWED = List.of("--enable-native-access=ALL-UNNAMED");

    @Test
    void nothingBehindAnOperandIsTouched() throws IOException, InterruptedException {
        Ended ended = java(GuardPages.class, ALLOWED);

        assertThat(ended.status()).as(ended.out() + ended.errors()).isZero();
        assertThat(Integer.parseInt(ended.out().strip())).isGreaterThan(1000);
    }

    @Test
    void aByteTooFarWouldBeSeen() throws IOException, InterruptedException {
        assertThat(java(GuardPages.class, ALLOWED, "too far").status()).isNotZero();
    }

    @Test
    void whereMemoryCannotBeMadeExecutableOthersComputeAndNothingIsPrinted() throws IOException, InterruptedException {
        // Code that the JVM compiles itself has to find its memory mapped already.
        Ended ended = java(NoExecutableMemory.class, List.of("--enable-native-access=ALL-UNNAMED",
                "-XX:-SegmentedCodeCache", "-XX:InitialCodeCacheSize=48m", "-XX:ReservedCodeCacheSize=48m"));
        assumeThat(ended.out()).as("Linux can refuse executable memory").doesNotContain("cannot refuse");

        assertThat(ended.out()).contains("plain\n").contains("mprotect fails");
        assertThat(ended.errors().lines().filter(line -> !line.contains("INFO") && !line.contains("choose")
                && !line.contains("faster with the vector kernels"))).isEmpty();
    }

    @Test
    void withoutNativeAccessOthersComputeAndNothingIsPrinted() throws IOException, InterruptedException {
        Ended ended = java(WithoutAccess.class, List.of());

        assertThat(ended.out()).contains("plain\n").contains("pass --enable-native-access=ALL-UNNAMED to java");
        assertThat(ended.errors()).doesNotContain("WARNING");
    }

    /** A program. */
    static final class WithoutAccess {
        public static void main(String[] args) {
            System.out.println(KernelChoice.choose(KernelChoice.AUTO).name());
            System.out.println(MachineSupport.obstacle());
        }
    }

    @Test
    void memoryThatIsRefusedIsReleased() {
        List<String> calls = new ArrayList<>();
        ExecutableMemory.Pages refusing = new ExecutableMemory.Pages() {
            @Override
            public long map(long size) {
                calls.add("map " + size);
                return calls.size() == 1 ? 4096 : -1;
            }

            @Override
            public void fill(long address, byte[] code) {
                calls.add("fill " + code.length);
            }

            @Override
            public int protect(long address, long size) {
                calls.add("protect");
                return -1;
            }

            @Override
            public void unmap(long address, long size) {
                calls.add("unmap " + address + " " + size);
            }
        };

        assertThatThrownBy(() -> ExecutableMemory.of(new byte[5000], refusing)).isInstanceOf(LinkageError.class)
                .hasMessageContaining("mprotect");
        assertThat(calls).containsExactly("map 8192", "fill 5000", "protect", "unmap 4096 8192");
        assertThatThrownBy(() -> ExecutableMemory.of(new byte[5000], refusing)).isInstanceOf(LinkageError.class)
                .hasMessageContaining("mmap");
    }

    private static float[] computed(Kernels kernels, int seed) {
        Random random = new Random(seed);
        float[] w = new float[40 * 48];
        byte[] bytes = new byte[w.length];
        random.nextBytes(bytes);
        float[] x = new float[9 * 48];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        Matrix y = Matrix.zeros(9, 40);
        Matrix z = Matrix.zeros(9, 40);
        try (Parallel parallel = new Parallel(2)) {
            Workspace workspace = new Workspace(parallel);
            kernels.linear(new Matrix(x, 9, 48), kernels.weight(w, 40, 48), w, Activation.GELU, y, workspace);
            kernels.linear(new Matrix(x, 9, 48), kernels.weight(bytes, w, 40, 48), w, Activation.NONE, z, workspace);
            kernels.softmax(y.data(), 0, 9, 40);
            kernels.add(z.data(), 0, 360, y.data(), 0);
        }
        return y.data();
    }

    @Test
    void manyThreadsComputeAsOneDoes() throws Exception {
        MachineKernels kernels = new MachineKernels(Int8Activations.EXACT);
        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 640; i++) {
                int seed = i % 8;
                results.add(threads.submit((Callable<float[]>) () -> computed(kernels, seed)));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo(computed(kernels, i % 8));
            }
        } finally {
            threads.shutdown();
        }
    }

    /** What a second class loader runs, without a type of its own in the signature. */
    public static float[] computedAnew() {
        return computed(new MachineKernels(Int8Activations.EXACT), 7);
    }

    @Test
    void twoClassLoadersEachHaveTheirOwn() throws Exception {
        URL[] classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(MachineSafetyTest::url).toArray(URL[]::new);
        try (URLClassLoader first = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
                URLClassLoader second = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
            for (ClassLoader loader : List.of(first, second)) {
                Class<?> other = Class.forName(MachineSafetyTest.class.getName(), true, loader);
                assertThat(other).isNotSameAs(MachineSafetyTest.class);
                Method method = other.getMethod("computedAnew");
                method.setAccessible(true);
                assertThat((float[]) method.invoke(null)).isEqualTo(computedAnew());
            }
        }
    }

    private static URL url(String path) {
        try {
            return Path.of(path).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void aThousandModelsComeAndGo() throws IOException {
        int[] ids = {1, 2, 3, 4};
        float[] expected = null;
        long before = resident();
        for (int i = 0; i < 1000; i++) {
            try (TextClassifier classifier = TextClassifier.load(TestModels.TINY,
                    Options.defaults().withThreads(1).withKernels("machine"))) {
                float[] logits = classifier.classifyIds(ids).logits();
                expected = expected == null ? logits : expected;
                assertThat(logits).isEqualTo(expected);
            }
        }
        assertThat(resident() - before).as("kilobytes more than before").isLessThan(600_000);
    }

    private static long resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElse(0);
    }
}
