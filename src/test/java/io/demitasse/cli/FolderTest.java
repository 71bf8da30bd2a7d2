package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files in, files out: the same results as from stdin, each whole or not there, however often it is begun anew. */
class FolderTest extends FolderFixture {

    @Test
    void everyKindOfFileGivesWhatStdinGives() throws IOException {
        List<String> texts = texts(150, 2);
        String lines = String.join("\n", texts) + "\n";
        Files.writeString(in.resolve("a.txt"), lines);
        Files.write(in.resolve("b.txt.gz"), gzip(lines));
        Files.writeString(in.resolve("c.jsonl"), json(texts));
        // Of two members, as cat makes them.
        byte[] first = gzip(json(texts.subList(0, 70)));
        byte[] second = gzip(json(texts.subList(70, 150)));
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        Files.write(in.resolve("d.v1.jsonl.gz"), both);
        Files.writeString(in.resolve("part-00000"), "\n" + lines.replace("\n", "\r\n") + " \n");
        Files.writeString(in.resolve("empty.txt"), "");
        Files.writeString(in.resolve("_SUCCESS"), "no text");
        Files.writeString(in.resolve(".hidden"), "no text");
        String expected = stream(lines);

        Run run = classifyAll();
        assertThat(run.err()).isEqualTo("demitasse: 6 files done, 0 skipped; 2 blank lines left out\n");
        assertThat(run.exit()).isZero();
        assertThat(names()).containsExactly("_demitasse.jsonl", "a.jsonl", "b.jsonl.gz", "c.jsonl", "d.v1.jsonl.gz",
                "empty.jsonl", "part-00000.jsonl");
        for (String name : List.of("a.jsonl", "c.jsonl", "part-00000.jsonl")) {
            assertThat(out.resolve(name)).hasContent(expected);
        }
        assertThat(gunzip(out.resolve("b.jsonl.gz"))).isEqualTo(expected);
        assertThat(gunzip(out.resolve("d.v1.jsonl.gz"))).isEqualTo(expected);
        assertThat(out.resolve("empty.jsonl")).isEmptyFile();
    }

    @Test
    void everyCommandOfAModelWorksOnFiles() throws IOException {
        List<String> texts = texts(70, 3);
        Files.writeString(in.resolve("a.txt"), String.join("\n", texts));
        String file = in.resolve("a.txt").toString();
        for (String[] one : new String[][] {{"tag", "bert-ner", "--aggregation-strategy", "max"},
            {"embed", "st-bert-cls", "--dimensions", "5"}, {"fill-mask", "distilbert-mlm", "--top-k", "2"}}) {
            if (one[0].equals("fill-mask")) {
                Files.writeString(in.resolve("a.txt"), "the movie was [MASK]\n[MASK] was good\n");
            }
            String[] own = {one[2], one[3]};
            String[] json = one[0].equals("embed") ? own : new String[] {one[2], one[3], "--json"};
            Run run = Run.of(arguments(one[0], one[1], one[2], one[3], "--input", file, "--output",
                    folder.resolve(one[0]).toString()));
            assertDone(run, 1, 0);
            assertThat(folder.resolve(one[0]).resolve("a.jsonl")).hasContent(Run.withInput(Files.readString(Path.of(file)),
                    arguments(one[0], one[1], json)).succeeds().out());
        }
        String question = "{\"question\":\"who?\",\"context\":\"John is in Berlin\"}\n";
        Files.writeString(in.resolve("q.jsonl"), question);
        assertDone(Run.of(arguments("answer", "distilbert-qa", "--input", in.resolve("q.jsonl").toString(), "--output",
                out.toString())), 1, 0);
        assertThat(out.resolve("q.jsonl")).hasContent(Run.withInput(question, arguments("answer", "distilbert-qa",
                "--jsonl", "--json")).succeeds().out());
        Run.of(arguments("answer", "distilbert-qa", "--input", file, "--output", out.toString())).fails(1, file,
                "answer needs question and context");
    }

    @Test
    void namesPatternsAndFoldersMeanEachFileOnce() throws IOException {
        for (String name : new String[] {"a.txt", "b.txt", "c.jsonl", "b[1].txt"}) {
            Files.writeString(in.resolve(name), name.endsWith("l") ? "\"good\"\n" : "good\n");
        }
        assertDone(Run.of(classify("--input", in + "/[ab].txt", in + "/a.txt", in.resolve(".") + "/a*", in + "/b[1].txt")),
                3, 0);
        assertThat(names()).containsExactly("_demitasse.jsonl", "a.jsonl", "b.jsonl", "b[1].jsonl");
        assertDone(Run.of(classify("--input", folder + "/in*/{a,b,c}.*")), 1, 2);
        assertThat(names()).contains("c.jsonl");
        // JSON whatever the name says, and not to be mixed with what names say.
        Path other = Files.writeString(folder.resolve("rows.json"), "\"good\"\n");
        Run.of(classify("--input", other.toString(), "--jsonl")).fails(1, out.toString(), "--jsonl false, not true");
        out = folder.resolve("other");
        assertDone(Run.of(classify("--jsonl", "--input", other.toString())), 1, 0);
        assertThat(out.resolve("rows.jsonl")).hasContent(stream("good\n"));
    }

    @Test
    void aFileThatCannotBeReadIsNamedAndTheOthersAreDone() throws IOException {
        byte[] whole = gzip(json(texts(3000, 4)));
        byte[] cut = Arrays.copyOf(whole, whole.length / 2);
        byte[] wrong = whole.clone();
        wrong[whole.length - 6] ^= 1;
        byte[] behind = Arrays.copyOf(whole, whole.length + 30);
        behind[whole.length + 3] = 7;
        Files.write(in.resolve("a.jsonl.gz"), cut);
        Files.write(in.resolve("b.jsonl.gz"), wrong);
        Files.write(in.resolve("c.jsonl.gz"), behind);
        Files.writeString(in.resolve("d.txt.gz"), "plain text\n");
        Files.writeString(in.resolve("e.jsonl"), "\"good\"\n{\"txt\":1}\n");
        Files.write(in.resolve("f.txt"), new byte[] {'s', 'o', '\n', (byte) 0xE9, '\n'});
        Files.writeString(in.resolve("g.txt"), "good\n");

        Run run = classifyAll();
        assertThat(summary(run)).containsExactly(1, 0, 6);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).doesNotContain("Exception");
        List<String> lines = run.err().lines().toList();
        assertThat(lines).hasSize(7);
        assertThat(lines.get(0)).matches("demitasse: " + in + "/a.jsonl.gz, line \\d{3,4}: damaged gzip data: it ends too early");
        assertThat(lines.get(1)).isEqualTo("demitasse: " + in + "/b.jsonl.gz, line 3001: damaged gzip data: the checksum is"
                + " wrong");
        assertThat(lines.get(2)).contains("/c.jsonl.gz, line 3001: damaged gzip data: something else stands behind");
        assertThat(lines.get(3)).contains("/d.txt.gz, line 1: not in gzip format");
        assertThat(lines.get(4)).contains("/e.jsonl, line 2: expected \"text\"");
        assertThat(lines.get(5)).contains("/f.txt, line 2: not UTF-8");
        assertThat(names()).containsExactly("_demitasse.jsonl", "g.jsonl");
        // Mended, they are done beside what is there.
        for (String name : new String[] {"a", "b", "c"}) {
            Files.write(in.resolve(name + ".jsonl.gz"), whole);
        }
        assertThat(summary(classifyAll())).containsExactly(3, 1, 3);
    }

    @Test
    void whatIsThereMustHaveBeenMadeOfTheSameFileByTheSame() throws IOException {
        Path a = Files.writeString(in.resolve("a.txt"), "good\n");
        assertDone(classifyAll(), 1, 0);
        byte[] before = Files.readAllBytes(out.resolve("a.jsonl"));
        Run.of(classify("--input", in.toString(), "--truncation", "fail")).fails(1, out.toString(),
                "--truncation TRUNCATE, not FAIL", "choose another --output").printsNothing();
        Run.of(classify("--input", in.toString(), "--top-k", "1")).fails(1, "--top-k not given, not 1");
        Run.of(arguments("classify", "bert-nli", "--input", in.toString(), "--output", out.toString())).fails(1,
                out.toString(), "another model", "heads/distilbert-nli");
        Run.of(arguments("embed", "distilbert-nli", "--input", in.toString(), "--output", out.toString())).fails(1,
                "command classify, not embed");
        assertDone(Run.of(classify("--input", in.toString(), "--threads", "1", "--json")), 0, 1);

        Files.setLastModifiedTime(a, FileTime.from(Instant.now().plusSeconds(100)));
        Run changed = classifyAll();
        assertThat(changed.err()).contains(out.resolve("a.jsonl") + ": was made of " + a, "delete it to have it made again");
        assertThat(summary(changed)).containsExactly(0, 0, 1);
        Path other = Files.createDirectory(folder.resolve("in2")).resolve("a.txt");
        Files.writeString(other, "another\n");
        assertThat(Run.of(classify("--input", other.toString())).err()).contains("a.jsonl: was made of " + a, other + " as it");
        assertThat(Files.readAllBytes(out.resolve("a.jsonl"))).isEqualTo(before);

        Files.writeString(in.resolve("b.txt"), "good\n");
        Files.writeString(out.resolve("b.jsonl"), "my thesis\n");
        Run foreign = Run.of(classify("--input", in + "/b.txt"));
        assertThat(foreign.err()).contains("b.jsonl: is there already, but _demitasse.jsonl does not say of what it was made");
        assertThat(foreign.exit()).isEqualTo(1);
        assertThat(out.resolve("b.jsonl")).hasContent("my thesis\n");
        Files.writeString(out.resolve("_demitasse.jsonl"), "notes\n");
        classifyAll().fails(1, "_demitasse.jsonl", "no");
    }

    @Test
    void refusesWhatCannotBeMeant() throws IOException {
        Path a = Files.writeString(in.resolve("a.txt"), "good\n");
        Path json = Files.writeString(in.resolve("a.jsonl"), "\"good\"\n");
        Path second = Files.writeString(Files.createDirectory(folder.resolve("in2")).resolve("a.txt"), "bad\n");
        String[] both = {a.toString(), second.toString()};
        Run.of(classify("--input", both[0], both[1])).fails(1, both[0], both[1], "both be called a.jsonl");
        Run.of(classify("--input", both[0], json.toString())).fails(1, both[0], json.toString());
        Run.of(classify("--input", both[0], in + "/none.txt")).fails(1, "none.txt: no such file or folder");
        Run.of(classify("--input", in + "/*.gz")).fails(1, in + "/*.gz: no such file or folder");
        Run.of(classify("--input", in + "/[.txt")).fails(1, in + "/[.txt: no such file, and no pattern either");
        Run.of(classify("--input", "")).fails(1, "'': no such file or folder");
        Run.of(classify("--input", Files.createDirectory(folder.resolve("none")).toString())).fails(1, "none/*: no such");
        Run.of(classify("--input", Files.writeString(folder.resolve("rows.csv"), "a,b\n").toString())).fails(1, "rows.csv",
                ".txt", ".jsonl", "--jsonl");
        Run.of(arguments("classify", "distilbert-nli", "--output", out.toString(), "--input", both[0], "--", "a text"))
                .fails(2, "--input", "arguments");
        Run.of(classify()).fails(2, "--output needs --input");
        Run.of(arguments("classify", "distilbert-nli", "--input", both[0])).fails(2, "--input needs --output");
        Run.of(arguments("embed", "st-bert-cls", "--input", both[0], "--output", out.toString(), "--dimensions", "9999"))
                .fails(1, "dimensions is 9999");
        Run.of(arguments("embed", "st-bert-cls", "--input", both[0], "--output", out.toString(), "--prompt-name", "none"))
                .fails(1, "none");
        Run.of(arguments("tag", "bert-ner", "--input", both[0], "--output", out.toString(), "--aggregation-strategy", "x"))
                .fails(2, "--aggregation-strategy");
        Run.of(arguments("classify", "distilbert-nli", "--input", both[0], "--output", in.toString())).fails(1,
                in + ": is the folder of " + a);
        Run.of(arguments("classify", "distilbert-nli", "--input", both[0], "--output", json.toString())).fails(1,
                json + ": a file, not a folder");
        Path link = Files.createSymbolicLink(folder.resolve("link"), in);
        Run.of(arguments("classify", "distilbert-nli", "--input", both[0], "--output", link.toString())).fails(1,
                link + ": is the folder of " + a);
        assertThat(Files.exists(out) ? names() : List.of()).isSubsetOf("_demitasse.jsonl");
    }

    @Test
    void resultsSayWhatTheyWereMadeOf() throws IOException {
        Path a = Files.writeString(in.resolve("a.txt"), "good\n");
        classifyAll();
        List<String> log = Files.readAllLines(out.resolve("_demitasse.jsonl"));
        JsonObject made = JsonParser.parseString(log.get(0)).getAsJsonObject();
        assertThat(made.get("kernels").getAsString()).isEqualTo("plain");
        assertThat(made.getAsJsonObject("options").get("--truncation").getAsString()).isEqualTo("TRUNCATE");
        JsonObject file = JsonParser.parseString(log.get(1)).getAsJsonObject();
        assertThat(file.get("input").getAsString()).isEqualTo(a.toAbsolutePath().toString());
        assertThat(file.get("bytes").getAsLong()).isEqualTo(5);
    }
}
