package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jshell.JShell;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.junit.jupiter.api.Test;

/** What docs/walkthrough.md says the shell answers is what it answers. */
class WalkthroughTest {

    private static final String PROMPT = "jshell> ";

    /** What is typed, and what should come back. */
    private record Line(String input, String answer) {
    }

    @Test
    void theShellAnswersAsTheWalkthroughSays() throws IOException {
        List<Line> lines = lines(Files.readString(Path.of("docs/walkthrough.md")));
        assertThat(lines).hasSizeGreaterThan(15);
        try (JShell shell = JShell.builder().executionEngine("local").build()) {
            shell.addToClasspath(System.getProperty("java.class.path"));
            evaluate(shell, Files.readString(Path.of("docs/study.jsh")));
            for (Line line : lines) {
                assertThat(evaluate(shell, "String.valueOf(" + line.input + ")")).as(line.input)
                        .isEqualTo('"' + line.answer + '"');
            }
            evaluate(shell, "classifier.close()");
        }
    }

    private static List<Line> lines(String markdown) {
        List<Line> lines = new ArrayList<>();
        String input = null;
        for (String line : markdown.lines().toList()) {
            if (line.startsWith(PROMPT)) {
                input = line.substring(PROMPT.length());
            } else if (input != null) {
                lines.add(new Line(input, line));
                input = null;
            }
        }
        return lines;
    }

    /** Evaluates all snippets of a source and gives the last one's value. */
    private static String evaluate(JShell shell, String source) {
        String rest = source;
        String value = null;
        while (!rest.isBlank()) {
            CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
            String snippet = next.source() == null ? rest : next.source();
            for (SnippetEvent event : shell.eval(snippet)) {
                assertThat(event.exception()).as(snippet).isNull();
                assertThat(shell.diagnostics(event.snippet()).filter(problem -> problem.isError()).toList())
                        .as(snippet).isEmpty();
                value = event.value();
            }
            rest = next.source() == null ? "" : next.remaining();
        }
        return value;
    }
}
