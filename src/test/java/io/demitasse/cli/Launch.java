package io.demitasse.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The launcher in a folder of its own, with a Java that only says how it was called and a Maven that makes a jar of
 * nothing, so that a start takes milliseconds.
 */
final class Launch {

    /** What the launcher and the stand-ins call. */
    private static final List<String> TOOLS = List.of("bash", "cat", "cmp", "cp", "env", "find", "flock",
            "grep", "head", "locale", "ls", "mkdir", "mktemp", "mv", "printf", "readlink", "rm", "sed", "sleep", "tail",
            "touch", "tr", "xargs");

    private static final String JAVA = """
            #!/usr/bin/env bash
            for argument in "$@"; do
                case $argument in
                    -XX:DumpLoadedClassList=*)
                        printf '%s\\n' App '@cp io/demitasse/cli/App 1' '@lambda-proxy App picocli/X' > "${argument#*=}"
                        exit 0 ;;
                    -XX:SharedClassListFile=*) classes=${argument#*=} ;;
                    -XX:SharedArchiveFile=*) archive=${argument#*=} ;;
                    -Xshare:dump) dump=true ;;
                    -version) echo 'openjdk version "ASKED" 2020-01-01' >&2; exit 0 ;;
                esac
            done
            if [[ ${dump-} ]]; then
                echo "$0" >> "$HOME/archives"
                sleep "${ARCHIVE_SECONDS:-0}"
                [[ -e $HOME/cannot || $(< "$classes") != App ]] && { echo 'no archive'; exit 1; }
                echo ASKED > "$archive"
                exit 0
            fi
            printf '%s\\n' "LC_ALL=${LC_ALL-none}" "$@"
            """;

    /** Asked to be as nice as can be, which a test that waits for it could not afford on a busy machine. */
    private static final String NICE = """
            #!/usr/bin/env bash
            [[ $1 == -n && $2 == 19 ]] && exec "${@:3}"
            """;

    private static final String MAVEN = """
            #!/usr/bin/env bash
            set -e
            for argument in "$@"; do
                [[ $argument == -Ddemitasse.target=* ]] && output=${argument#*=}
            done
            echo "$output" >> "$HOME/builds"
            [[ -e $HOME/broken ]] && { echo '[ERROR] it does not compile'; exit 1; }
            sleep "${MAVEN_SECONDS:-0}"
            ls "$HOME/../target" > "$HOME/during" 2>&1 || true
            mkdir -p "$output/lib"
            cat "$HOME/../src/main/App.java" > "$output/demitasse.jar"
            echo same > "$output/lib/same-1.jar"
            cat "$HOME/../src/main/App.java" > "$output/lib/library-$(cat "$HOME/../src/main/App.java").jar"
            """;

    final Path home;
    private final Path tools;
    private final Path jdk;
    private final Map<String, String> environment = new HashMap<>();

    Launch(Path home) throws IOException {
        this.home = Files.createDirectories(home);
        Files.copy(Path.of("demitasse"), home.resolve("demitasse"));
        home.resolve("demitasse").toFile().setExecutable(true, false);
        source("1");
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        old(home.resolve("pom.xml"));
        Files.writeString(Files.createDirectories(home.resolve("parent")).resolve("pom.xml"), "<project/>");
        old(home.resolve("parent/pom.xml"));
        // Beside it: a colon would end the entry of PATH.
        tools = Files.createTempDirectory(home.toAbsolutePath().getParent(), "tools");
        Files.setPosixFilePermissions(tools, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String tool : TOOLS) {
            Path file = onPath(tool);
            assumeTrue(file != null || tool.equals("locale"), "needs " + tool);
            if (file != null) {
                // Not a link, of which JUnit warns when it deletes the folder.
                script(tools.resolve(tool), "#!/bin/sh\nexec " + file + " \"$@\"\n");
            }
        }
        script(tools.resolve("nice"), NICE);
        script(tools.resolve("mvn"), MAVEN);
        jdk = home.resolve("jdk");
        java("17.0.1", "java.base jdk.incubator.vector");
        Files.createSymbolicLink(tools.resolve("java"), jdk.resolve("bin/java"));
        environment.put("PATH", tools.toString());
        environment.put("HOME", Files.createDirectories(home.resolve("user")).toString());
        environment.put("LC_ALL", "C.UTF-8");
    }

    private static Path onPath(String tool) {
        return Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable).findFirst().orElse(null);
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        file.toFile().setExecutable(true, false);
    }

    /** A Java that says this of itself in its release file; null for one without that file. */
    Launch java(String version, String modules) throws IOException {
        Files.createDirectories(jdk.resolve("bin"));
        script(jdk.resolve("bin/java"), JAVA.replace("ASKED", version));
        Files.deleteIfExists(jdk.resolve("release"));
        if (modules != null) {
            Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version
                    + "\"\nMODULES=\"" + modules + "\"\n");
        }
        return this;
    }

    Launch with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Launch without(String variable) {
        environment.remove(variable);
        return this;
    }

    Launch withoutMaven() throws IOException {
        Files.delete(tools.resolve("mvn"));
        return this;
    }

    Launch withBrokenMaven() throws IOException {
        Files.createFile(home.resolve("user/broken"));
        return this;
    }

    /** Writes the one source, older than all that is built from now on. */
    Launch source(String content) throws IOException {
        Path source = Files.createDirectories(home.resolve("src/main")).resolve("App.java");
        Files.writeString(source, content);
        old(source);
        old(source.getParent());
        return this;
    }

    /** Writes the one source later than anything that is built. */
    Launch edit(String content) throws IOException {
        source(content);
        Path built = target("built");
        if (Files.exists(built)) {
            old(built);
        }
        Files.setLastModifiedTime(home.resolve("src/main/App.java"), FileTime.from(Instant.now().minusSeconds(1800)));
        return this;
    }

    /** An hour ago. */
    static void old(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
    }

    Path target(String name) {
        return home.resolve("target").resolve(name);
    }

    /** Which Javas were told to make an archive of the classes, a line each time. */
    List<String> archives() throws IOException {
        Path archives = home.resolve("user/archives");
        return Files.exists(archives) ? Files.readAllLines(archives) : List.of();
    }

    /** Has every Java fail to make an archive. */
    Launch withoutArchives() throws IOException {
        Files.createFile(home.resolve("user/cannot"));
        return this;
    }

    /** Until what goes on behind a launcher is done, in a release's folder, too; it would write to what is deleted. */
    private void await() throws InterruptedException {
        while (Files.exists(target("start/making")) || Files.exists(home.resolve("start/making"))) {
            Thread.sleep(10);
        }
    }

    /** Where Maven was told to build, a line each time. */
    List<String> builds() throws IOException {
        Path builds = home.resolve("user/builds");
        return Files.exists(builds) ? Files.readAllLines(builds) : List.of();
    }

    /** What was in target while Maven last built. */
    String duringTheBuild() throws IOException {
        return Files.readString(home.resolve("user/during"));
    }

    ProcessBuilder process(String... arguments) {
        List<String> command = new ArrayList<>(List.of(home.resolve("demitasse").toString()));
        command.addAll(List.of(arguments));
        return inEnvironment(command);
    }

    private ProcessBuilder inEnvironment(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder;
    }

    Run run(String... arguments) throws IOException, InterruptedException {
        return run(process(arguments));
    }

    /** Through a line of bash in which "$@" is the command. */
    Run inBash(String line, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("bash", "-c", line, "bash"));
        command.addAll(process(arguments).command());
        return run(inEnvironment(command));
    }

    /** As somebody who may read the folder but not write to it. */
    Run runReadOnly(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        for (Path folder : List.of(home.resolve("target"), home)) {
            if (Files.exists(folder)) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
            }
        }
        Files.setPosixFilePermissions(home.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            if (Files.isWritable(home)) {
                Path setpriv = onPath("setpriv");
                assumeTrue(setpriv != null, "needs setpriv, since root may write anywhere");
                command.addAll(List.of(setpriv.toString(), "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
            }
            command.addAll(process(arguments).command());
            return run(inEnvironment(command));
        } finally {
            for (Path folder : List.of(home, home.resolve("target"))) {
                if (Files.exists(folder)) {
                    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }

    /** And what it leaves running ends, too. */
    private Run run(ProcessBuilder builder) throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", null);
        Path err = Files.createTempFile("err", null);
        try {
            Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile())
                    .redirectInput(Path.of("/dev/null").toFile()).start();
            int exit = Run.exit(process);
            await();
            return new Run(exit, Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
