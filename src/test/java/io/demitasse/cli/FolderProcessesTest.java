package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Processes that are killed, or share a folder: whatever happens, each result is whole or not there. */
class FolderProcessesTest extends FolderFixture {

    @Test
    void whatWasKilledGoesOnWhereItWas() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc")), "a kill here is kill -9");
        List<String> expected = manyFiles();
        Process process = Run.process(classify("--input", in.toString())).redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile()).start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (process.isAlive() && !Files.exists(out.resolve("part-01.jsonl")) && System.nanoTime() < end) {
            Thread.sleep(1);
        }
        process.destroyForcibly().waitFor();
        assertThat(process.exitValue()).as(Files.readString(folder.resolve("log"))).isEqualTo(128 + 9);
        int done = 0;
        for (int i = 0; i < 20; i++) {
            Path file = out.resolve(String.format("part-%02d.jsonl", i));
            if (Files.exists(file)) {
                assertThat(file).hasContent(expected.get(i));
                done++;
            }
        }
        assertThat(done).isBetween(2, 19);
        // And what a kill in the middle of a file, or of a line of the log, leaves.
        Files.writeString(out.resolve("part-19.jsonl.01234567-89ab-cdef.tmp"), "{\"text\":\"so");
        Files.writeString(out.resolve("_demitasse.jsonl"), "{\"output\":\"part-1", StandardOpenOption.APPEND);

        assertDone(classifyAll(), 20 - done, done);
        assertAllThere(expected);
        FileTime before = Files.getLastModifiedTime(out.resolve("part-19.jsonl"));
        assertDone(classifyAll(), 0, 20);
        assertThat(Files.getLastModifiedTime(out.resolve("part-19.jsonl"))).isEqualTo(before);
        Files.delete(out.resolve("part-03.jsonl"));
        assertDone(classifyAll(), 1, 19);
        assertAllThere(expected);
    }

    @Test
    void twoProcessesShareAFolder() throws Exception {
        List<String> expected = manyFiles();
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            processes.add(Run.process(classify("--threads", "1", "--input", in.toString()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(folder.resolve("err" + i).toFile()).start());
        }
        int done = 0;
        int skipped = 0;
        for (int i = 0; i < 2; i++) {
            int exit = Run.exit(processes.get(i));
            int[] counts = summary(new Run(exit, "", Files.readString(folder.resolve("err" + i))));
            assertThat(exit).isZero();
            done += counts[0];
            skipped += counts[1];
        }
        assertThat(done).isEqualTo(20);
        assertThat(skipped).isEqualTo(20);
        assertAllThere(expected);
        // A line for what made them, and one for each.
        assertThat(Files.readAllLines(out.resolve("_demitasse.jsonl"))).hasSize(21).doesNotHaveDuplicates();
    }

    @Test
    void whatAnotherProcessLeavesIsTakenOver() throws Exception {
        Files.writeString(in.resolve("a.txt"), "good\n");
        Files.writeString(in.resolve("b.txt"), "bad\n");
        Files.createDirectory(out);
        InputFile a = InputFile.of(in.resolve("a.txt"), false);
        Process process;
        try (FileChannel log = FileChannel.open(out.resolve("_demitasse.jsonl"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE); FileLock claim = log.lock(ResultsFolder.place(a.results()), 1, false)) {
            Files.writeString(out.resolve("a.jsonl.01234567-89ab-cdef.tmp"), "half");
            process = Run.process(classify("--input", in.toString())).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(folder.resolve("err").toFile()).start();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (process.isAlive() && !Files.exists(out.resolve("b.jsonl")) && System.nanoTime() < end) {
                Thread.sleep(5);
            }
            assertThat(process.waitFor(300, TimeUnit.MILLISECONDS)).as("it waits").isFalse();
            assertThat(names()).contains("b.jsonl", "a.jsonl.01234567-89ab-cdef.tmp").doesNotContain("a.jsonl");
        }
        assertDone(new Run(Run.exit(process), "", Files.readString(folder.resolve("err"))), 2, 0);
        assertThat(out.resolve("a.jsonl")).hasContent(stream("good\n"));
        assertThat(names()).containsExactly("_demitasse.jsonl", "a.jsonl", "b.jsonl");
    }
}
