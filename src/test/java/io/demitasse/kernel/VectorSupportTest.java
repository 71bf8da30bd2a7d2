package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Asks JVMs started with flags that take the vectors away. */
class VectorSupportTest {

    private static final String[] MODULE = {"--add-modules", "jdk.incubator.vector"};

    /** What the other JVM runs. */
    public static final class Main {
        private Main() {
        }

        public static void main(String[] args) {
            System.out.println(VectorSupport.obstacle() + ";" + KernelChoice.attempts().get(0).works());
        }
    }

    @Test
    void withoutTheModule() throws IOException, InterruptedException {
        assertThat(run()).isEqualTo("pass --add-modules jdk.incubator.vector to java;false");
    }

    @Test
    void withoutTheOptimizingCompiler() throws IOException, InterruptedException {
        for (String flag : List.of("-Xint", "-XX:TieredStopAtLevel=1", "-XX:TieredStopAtLevel=3")) {
            assertThat(run(MODULE[0], MODULE[1], flag)).startsWith("the JVM compiles without its optimizing compiler C2")
                    .endsWith(";false");
        }
    }

    @Test
    void withoutTheModuleThatTellsFlags() throws IOException, InterruptedException {
        assertThat(run("--limit-modules", "java.base,java.logging,jdk.incubator.vector", MODULE[0], MODULE[1]))
                .isEqualTo("the JVM has no module jdk.management to tell its flags;false");
    }

    @Test
    void withVectorsThatAreTooShort() throws IOException, InterruptedException {
        assumeThat(System.getProperty("os.arch")).as("the flag is one of this processor's").isEqualTo("amd64");

        assertThat(run(MODULE[0], MODULE[1], "-XX:MaxVectorSize=8"))
                .isEqualTo("vectors of 64 bits are not supported;false");
    }

    private static String run(String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output.lines().reduce("", (first, last) -> last);
    }
}
