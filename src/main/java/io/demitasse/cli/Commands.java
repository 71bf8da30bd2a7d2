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

    /** The commands by their names, in the order in which the help lists them; a task without one here has its own. */
    private static final Map<String, Supplier<CommandLine>> ALL = new LinkedHashMap<>();

    static {
        command("classify", ClassifyCommand::new);
        command("tokenize", TokenizeCommand::new);
        command("embed", EmbedCommand::new);
        command("evaluate", EvaluateCommand::new);
        command("train", TrainCommand::new);
        command("inspect", InspectCommand::new);
        command("explain", ExplainCommand::new);
        command("serve", ServeCommand::new);
        command("convert", ConvertCommand::new);
        command("quantize", QuantizeCommand::new);
        command("info", InfoCommand::new);
        command("doctor", DoctorCommand::new);
        command("generate-completion", AutoComplete.GenerateCompletion::new);
        command("generate-man-page", ManPageCommand::new);
        command("help", CommandLine.HelpCommand::new);
        for (Task task : Tasks.ALL) {
            ALL.putIfAbsent(task.command(), () -> TaskCommand.of(task));
        }
    }

    /** Those that speak of all others. */
    private static final Set<String> OF_ALL = Set.of("generate-completion", "generate-man-page", "help");

    private static final Set<String> VERSION = Set.of("--version", "-V");

    private Commands() {
    }

    private static void command(String name, Supplier<Object> maker) {
        ALL.put(name, () -> new CommandLine(maker.get()));
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
