package io.demitasse.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What to say of a command line that cannot be understood: one line that shows a way out. */
final class WrongUsage {

    private WrongUsage() {
    }

    static int tell(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println("demitasse: " + message(e, name) + " (see " + name + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static String message(ParameterException e, String name) {
        if (!(e instanceof UnmatchedArgumentException) || ((UnmatchedArgumentException) e).getUnmatched().isEmpty()) {
            return Demitasse.firstLine(e.getMessage());
        }
        UnmatchedArgumentException unmatched = (UnmatchedArgumentException) e;
        String argument = unmatched.getUnmatched().get(0);
        if (looksLikeText(argument)) {
            return "'" + Demitasse.firstLine(argument) + "' begins with a dash, as options do: put -- before such texts,"
                    + " as in " + name + " -- '-5 degrees'";
        }
        boolean isCommand = !unmatched.isUnknownOption() && e.getCommandLine().getParent() == null;
        List<String> suggestions = unmatched.getSuggestions();
        return (isCommand ? "there is no command '" + argument + "'" : Demitasse.firstLine(e.getMessage()))
                + (suggestions.isEmpty() ? "" : ": did you mean " + String.join(" or ",
                        suggestions.subList(0, Math.min(2, suggestions.size()))) + "?")
                + (unmatched.isUnknownOption() && suggestions.isEmpty() && takesTexts(e.getCommandLine()) ? "; put -- before texts that begin with a dash"
                        : "");
    }

    private static boolean takesTexts(CommandLine command) {
        return command.getCommandSpec().positionalParameters().stream()
                .anyMatch(parameter -> parameter.paramLabel().equals("TEXT"));
    }

    /** No option has blanks, a digit behind the dash or nothing at all. */
    private static boolean looksLikeText(String argument) {
        return argument.startsWith("-") && !argument.matches("--?\\p{Alpha}[\\w-]*(=.*)?");
    }
}
