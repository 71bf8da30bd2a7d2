package io.demitasse.cli;

import io.demitasse.kernel.KernelChoice;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The command line. Exit 0: done. 1: failed, for the reason in one line on stderr. 2: wrong usage. 141: whoever read
 * stdout has gone, as a shell says of any program that ends so.
 */
@Command(name = "demitasse", versionProvider = Demitasse.Version.class, mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT, usageHelpAutoWidth = true, sortOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        description = "DistilBERT in pure Java: classifies and embeds texts, and learns to.")
public final class Demitasse {

    /** 128 and the number of SIGPIPE. */
    private static final int BROKEN_PIPE = 141;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of a failure.")
    boolean debug;

    public static void main(String[] args) {
        int exit = run(args);
        // Where all is well Java may end by itself: Runtime.exit of Java 21 and newer first looks for a logger to tell.
        if (exit != CommandLine.ExitCode.OK) {
            System.exit(exit);
        }
    }

    static int run(String... args) {
        PrintStream error = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        // Of helpers, such as the one that has the JIT compiler warmed: what they leave undone is no failure by itself.
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> error.println("demitasse: " + message(e)));
        prepareKernels(args);
        Demitasse root = new Demitasse();
        StringWriter help = new StringWriter();
        CommandLine commandLine = Commands.line(root, args)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // A text may begin with @; picocli would read a file of that name for arguments.
                .setExpandAtFiles(false)
                .setOut(new PrintWriter(help))
                .setErr(new PrintWriter(error, true))
                .setParameterExceptionHandler(WrongUsage::tell)
                .setExecutionExceptionHandler((e, command, parsed) -> failure(e, root.debug, error));
        try {
            CommandArguments.check(args);
            if (args.length == 0) {
                commandLine.usage(commandLine.getErr());
                return CommandLine.ExitCode.USAGE;
            }
            int exit = commandLine.execute(args);
            // picocli's own writer would keep a full disk to itself.
            try (Output output = new Output()) {
                output.stream(writer -> writer.write(help.toString()));
            }
            return exit;
        } catch (Throwable e) {
            // Errors, such as too little memory, pass by picocli's handler.
            return failure(e, root.debug, error);
        }
    }

    /** Machine code is emitted while the command line is read: each takes a tenth of a second in a JVM that has just begun. */
    private static void prepareKernels(String... args) {
        if (args.length > 1) {
            Thread thread = new Thread(KernelChoice::autoStartsAtOnce, "demitasse-kernels");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static int failure(Throwable e, boolean debug, PrintStream error) {
        if (e instanceof Output.ClosedException) {
            return BROKEN_PIPE;
        }
        error.println("demitasse: " + message(e));
        if (debug) {
            e.printStackTrace(error);
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    static String message(Throwable e) {
        if (e instanceof NoSuchFileException) {
            return firstLine(e.getMessage()) + ": no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return firstLine(e.getMessage()) + ": permission denied";
        }
        if (e instanceof OutOfMemoryError) {
            return "out of memory (" + firstLine(e.getMessage()) + "): give Java more, as in JAVA_OPTS=-Xmx4g";
        }
        // A FileSystemException without a reason has nothing but the file's name for a message.
        boolean meantForPeople = e.getMessage() != null && (e instanceof IllegalArgumentException
                || e instanceof FileSystemException && ((FileSystemException) e).getReason() != null
                || e instanceof IOException && !(e instanceof FileSystemException)
                || e instanceof UncheckedIOException || e.getClass().getName().startsWith("io.demitasse."));
        return meantForPeople ? firstLine(e.getMessage())
                : e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + firstLine(e.getMessage()));
    }

    static String firstLine(String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }

    /** From the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Demitasse.class.getPackage().getImplementationVersion();
            return new String[] {"demitasse " + (version == null ? "(not from a jar)" : version)
                    + ", Java " + System.getProperty("java.version")};
        }
    }
}
