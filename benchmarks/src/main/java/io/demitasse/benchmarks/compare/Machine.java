package io.demitasse.benchmarks.compare;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.stream.Stream;

/**
 * Where and when the numbers were measured.
 *
 * @param openblasCoretype the environment's OPENBLAS_CORETYPE, which picks jblas's kernels; null if not set
 * @param load the load average over the last minute, before the comparison; above 0.5 others disturb it
 */
record Machine(String processor, int processors, String system, String jvm, String date, String openblasCoretype,
               double load) {

    static Machine here() {
        return new Machine(
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                LocalDate.now().toString(),
                System.getenv("OPENBLAS_CORETYPE"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static String processorName() {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return "unknown";
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.matches("(model name|cpu family|model)\\s.*"))
                    .map(line -> line.replaceAll("\\s*:\\s*", " ").trim())
                    .distinct()
                    .sorted()
                    .reduce((a, b) -> a + ", " + b)
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
