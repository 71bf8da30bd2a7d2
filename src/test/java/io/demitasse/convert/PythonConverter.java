package io.demitasse.convert;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** tools/convert.py in one process for many conversions, since starting it takes longer than they do. */
final class PythonConverter implements AutoCloseable {

    private static final String LOOP = """
            import sys
            sys.path.insert(0, "tools")
            sys.stdin.reconfigure(encoding="utf-8")
            sys.stdout.reconfigure(encoding="utf-8")
            sys.stderr = open("/dev/null", "w")
            import convert
            for line in sys.stdin:
                source, out, dtype = line.rstrip("\\n").split("\\t")
                try:
                    convert.convert(source, out, dtype)
                    print("done", flush=True)
                except convert.ModelError as e:
                    print("refused " + str(e), flush=True)
                except Exception as e:
                    print("failed " + repr(e), flush=True)
            """;

    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;

    PythonConverter() {
        assumeTrue(works(), "needs python3 with numpy, to compare with tools/convert.py");
        try {
            process = new ProcessBuilder("python3", "-c", LOOP).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static boolean works() {
        try {
            Process process = new ProcessBuilder("python3", "-c", "import numpy")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Converts a folder; returns why it was refused, or an empty text. */
    String convert(Path folder, Path target, String dtype) {
        try {
            in.write(folder + "\t" + target + "\t" + dtype + "\n");
            in.flush();
            String answer = out.readLine();
            if (answer == null || answer.startsWith("failed ")) {
                throw new AssertionError(folder + ": tools/convert.py " + answer);
            }
            return answer.equals("done") ? "" : answer.substring("refused ".length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
