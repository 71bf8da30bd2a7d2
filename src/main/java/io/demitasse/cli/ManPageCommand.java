package io.demitasse.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Spec;

/**
 * Prints a manual page for man(1), made of what the help is made of. picocli's own generator writes AsciiDoc, which would
 * take another program to become one.
 */
@Command(name = "generate-man-page", description = "Prints a manual page for man.")
final class ManPageCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().getOut().print(page(spec.root()));
    }

    private static String page(CommandSpec root) {
        StringBuilder page = new StringBuilder();
        page.append(".TH DEMITASSE 1\n.SH NAME\ndemitasse \\- ").append(description(root)).append('\n');
        page.append(".SH SYNOPSIS\n.B demitasse\n").append(text("COMMAND [OPTION...] [ARGUMENT...]")).append('\n');
        page.append(".SH OPTIONS\n");
        root.options().forEach(option -> argument(page, names(option), option));
        page.append(".SH COMMANDS\n");
        root.subcommands().values().stream().distinct().map(CommandLine::getCommandSpec).forEach(command -> {
            page.append(".SS ").append(text(command.name())).append('\n').append(description(command)).append('\n');
            for (PositionalParamSpec parameter : command.positionalParameters()) {
                argument(page, "\\fI" + text(parameter.paramLabel()) + "\\fR", parameter);
            }
            command.options().stream().filter(option -> root.findOption(option.longestName()) == null)
                    .forEach(option -> argument(page, names(option), option));
        });
        page.append("""
                .SH EXIT STATUS
                0: done. 1: failed, one line on stderr says why. 2: wrong usage. 141: whoever read stdout has gone.
                .SH ENVIRONMENT
                .TP
                .B JAVA_HOME
                The JDK that the launcher takes.
                .TP
                .B JAVA_OPTS
                Options for the JVM, as in JAVA_OPTS=\\-Xmx4g.
                .TP
                .B NO_COLOR
                Whatever its value, help has no colours.
                """);
        return page.toString();
    }

    private static void argument(StringBuilder page, String name, ArgSpec argument) {
        if (!argument.hidden()) {
            page.append(".TP\n").append(name).append('\n').append(text(plain(argument.description()))).append('\n');
        }
    }

    /** Such as {@code -h, --help} or {@code --model=FILE}. */
    private static String names(OptionSpec option) {
        String names = Arrays.stream(option.names()).map(name -> "\\fB" + text(name) + "\\fR")
                .collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + "=\\fI" + text(option.paramLabel()) + "\\fR";
    }

    private static String description(CommandSpec command) {
        return text(plain(command.usageMessage().description()));
    }

    /** Without picocli's marks for colours and ends of lines. */
    private static String plain(String[] lines) {
        return Ansi.OFF.string(String.join(" ", lines).replace("%n", " ").replace("%%", "%"));
    }

    /** What roff would take for its own is taken as it is. */
    private static String text(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
