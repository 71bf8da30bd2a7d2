package io.demitasse.cli;

import io.demitasse.Task;
import io.demitasse.Tasks;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * All commands. Making one is a matter of reflection, over all of its options, and all together take longer than a text
 * does; so of a command line that names one, the others are left out.
 */
final class Commands {

    /**
     * What makes the commands, by their names, in the order in which the help lists them; a task without one here has its
     * own. It does not speak of picocli's classes, so that Java can lay it out in advance: see the launcher.
     */
    private static final Map<String, Supplier<Object>> ALL = new LinkedHashMap<>();

    static {
        ALL.put("classify", ClassifyCommand::new);
        ALL.put("tokenize", TokenizeCommand::new);
        ALL.put("embed", EmbedCommand::new);
        ALL.put("evaluate", EvaluateCommand::new);
        ALL.put("train", TrainCommand::new);
        ALL.put("inspect", InspectCommand::new);
        ALL.put("explain", ExplainCommand::new);
        ALL.put("serve", ServeCommand::new);
        ALL.put("convert", ConvertCommand::new);
        ALL.put("quantize", QuantizeCommand::new);
        ALL.put("info", InfoCommand::new);
        ALL.put("doctor", DoctorCommand::new);
        ALL.put("generate-completion", () -> new AutoComplete.GenerateCompletion());
        ALL.put("generate-man-page", ManPageCommand::new);
        ALL.put("help", () -> new CommandLine.HelpCommand());
        for (Task task : Tasks.ALL) {
            ALL.putIfAbsent(task.command(), () -> TaskCommand.of(task));
        }
    }

    /** Those that speak of all others. */
    private static final Set<String> OF_ALL = Set.of("generate-completion", "generate-man-page", "help");

    private static final Set<String> VERSION = Set.of("--version", "-V");

    private Commands() {
    }

    /** The names of all commands. */
    static Set<String> names() {
        return Collections.unmodifiableSet(ALL.keySet());
    }

    /** A command line that understands these arguments, or knows all commands that might have been meant. */
    static CommandLine line(Object root, String... args) {
        CommandLine line = new CommandLine(root);
        if (args.length == 1 && VERSION.contains(args[0])) {
            return line;
        }
        // The options before a command have no values.
        String name = Stream.of(args).filter(argument -> !argument.startsWith("-")).findFirst().orElse("");
        if (ALL.containsKey(name) && !OF_ALL.contains(name)) {
            line.addSubcommand(name, ALL.get(name).get());
        } else {
            ALL.forEach((each, maker) -> line.addSubcommand(each, maker.get()));
        }
        return line;
    }
}
