package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher does before Java runs. */
@Timeout(120)
class LauncherTest {

    @TempDir
    Path folder;

    private Launch launch;

    @BeforeEach
    void install() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/env")) && !System.getProperty("os.name").startsWith("Windows"),
                "needs a Unix");
        launch = new Launch(folder.resolve("home"));
    }

    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private List<String> targetNames() throws IOException {
        try (Stream<Path> files = Files.list(launch.target(""))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aNewJarTakesThePlaceOfTheOldOneWhichWhoeverHasItOpenKeeps() throws Exception {
        Run first = launch.run("classify");
        assertThat(first.err()).isEqualTo("demitasse: building (once; this takes a minute on a new machine)\n");
        assertThat(first.out()).contains("\n-cp\n" + launch.target("demitasse.jar") + "\nio.demitasse.cli.Demitasse\n");
        launch.run("classify").succeeds();
        assertThat(launch.builds()).hasSize(1);

        Object same = key(launch.target("lib/same-1.jar"));
        try (InputStream open = Files.newInputStream(launch.target("demitasse.jar"))) {
            launch.edit("2").run("classify");
            assertThat(open.readAllBytes()).asString().isEqualTo("1");
        }

        assertThat(launch.builds()).hasSize(2).allMatch(output -> output.startsWith(
                launch.target("building.").toString()));
        assertThat(launch.duringTheBuild()).contains("demitasse.jar\n", "lib\n");
        assertThat(launch.target("demitasse.jar")).hasContent("2");
        assertThat(key(launch.target("lib/same-1.jar"))).isEqualTo(same);
        assertThat(launch.target("lib/library-1.jar")).as("for whoever runs the old jar").hasContent("1");
        assertThat(targetNames()).containsExactly("build.lock", "build.log", "built", "demitasse.jar", "lib", "start");
    }

    private List<String> startNames() throws IOException {
        try (Stream<Path> files = Files.list(launch.target("start"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private Path archive(String version) throws IOException {
        return archive(launch.target("start"), version);
    }

    private Path archive(Path start, String version) throws IOException {
        return start.resolve(version
                + launch.home.resolve("jdk/bin/java").toRealPath().toString().replace('/', '-') + ".jsa");
    }

    @Test
    void eachJavaHasAnArchiveOfTheClassesOfItsOwn() throws Exception {
        assertThat(launch.run("classify").out()).doesNotContain("SharedArchiveFile");
        assertThat(archive("17.0.1")).hasContent("17.0.1");
        assertThat(launch.run("classify").out()).contains("\n-XX:SharedArchiveFile=" + archive("17.0.1") + "\n");

        launch.java("25.0.1", "java.base");
        assertThat(launch.run("classify").out()).doesNotContain("SharedArchiveFile");
        assertThat(launch.run("classify").out()).contains("\n-XX:SharedArchiveFile=" + archive("25.0.1") + "\n");
        assertThat(launch.archives()).hasSize(2);
        assertThat(startNames()).hasSize(4).noneMatch(name -> name.startsWith("making"));

        launch.edit("2").run("classify");
        assertThat(launch.archives()).as("of the new jar").hasSize(3);
    }

    /** So whoever reads its output through a pipe sees it end. */
    @Test
    void nobodyWaitsForTheArchive() throws Exception {
        launch.with("ARCHIVE_SECONDS", "3");
        Run run = launch.inBash("\"$@\" 2>&1 | cat; [[ -d $HOME/../target/start/making ]] && echo making", "classify");

        assertThat(run.succeeds().out()).contains("\nclassify\n").endsWith("\nmaking\n");
        assertThat(archive("17.0.1")).exists();
    }

    @Test
    void launchersAtOnceMakeOneArchive() throws Exception {
        launch.run("classify");
        Files.delete(archive("17.0.1"));
        Files.delete(Path.of(archive("17.0.1").toString().replaceAll("jsa$", "log")));
        launch.with("ARCHIVE_SECONDS", "1").inBash("for i in 1 2 3 4; do \"$@\" > /dev/null & done; wait", "classify");

        assertThat(launch.archives()).hasSize(2);
    }

    @Test
    void aJavaThatCannotMakeAnArchiveIsAskedOnce() throws Exception {
        launch.withoutArchives();
        assertThat(launch.run("classify").exit()).isZero();
        assertThat(launch.run("classify").succeeds().err()).isEmpty();
        assertThat(launch.archives()).hasSize(1);
        assertThat(startNames()).hasSize(1).allMatch(name -> name.endsWith(".log"));
    }

    @Test
    void aFolderThatCannotBeWrittenDoesWithoutAnArchive() throws Exception {
        launch.run("classify");
        Files.delete(archive("17.0.1"));
        Files.delete(Path.of(archive("17.0.1").toString().replaceAll("jsa$", "log")));
        Files.delete(launch.target("start"));
        Run run = launch.runReadOnly("classify").succeeds();

        assertThat(run.err()).isEmpty();
        assertThat(launch.archives()).hasSize(1);
    }

    /** With the Java that runs this test, which says itself where its classes come from. */
    @Test
    void javaTakesItsClassesFromTheArchive() throws Exception {
        Files.createDirectories(launch.target("lib"));
        writeJar(launch.target("demitasse.jar"));
        launch.with("JAVA_HOME", System.getProperty("java.home")).run("--version").succeeds();
        Run run = launch.with("JAVA_OPTS", "-Xlog:class+load").run("--version").succeeds();

        assertThat(run.out()).containsPattern("io\\.demitasse\\.cli\\.Demitasse source: shared objects file");
    }

    @Test
    void aBuildThatFailsLeavesTheOldJar() throws Exception {
        launch.run("classify");
        Run run = launch.withBrokenMaven().edit("2").run("classify");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("[ERROR] it does not compile\n", "demitasse: the build failed; all of it is in ");
        assertThat(launch.target("demitasse.jar")).hasContent("1");
        assertThat(targetNames()).noneMatch(name -> name.startsWith("building"));
    }

    @Test
    void launchersAtOnceBuildOnce() throws Exception {
        launch.with("MAVEN_SECONDS", "0.5");
        Run run = launch.inBash("for i in 1 2 3 4; do \"$@\" > /dev/null & done; wait", "classify");

        assertThat(run.exit()).isZero();
        assertThat(launch.builds()).hasSize(1);
    }

    @Test
    void whatMavenHasMadeIsNotMadeAgain() throws Exception {
        Files.createDirectories(launch.target("lib"));
        Files.createDirectories(launch.target("classes"));
        Path classes = Files.createFile(launch.target("classes/module-info.class"));
        Path jar = Files.writeString(launch.target("demitasse.jar"), "Maven's");
        Files.setLastModifiedTime(classes, java.nio.file.attribute.FileTime.from(
                java.time.Instant.now().minusSeconds(2000)));
        launch.run("classify").succeeds();
        assertThat(launch.builds()).isEmpty();

        // Later than what was compiled, though earlier than the jar: the tests between take minutes.
        launch.edit("2").run("classify");
        assertThat(launch.builds()).hasSize(1);
        assertThat(jar).hasContent("2");
    }

    @Test
    void withoutMavenWhatIsThereRuns() throws Exception {
        launch.run("classify");
        Run run = launch.withoutMaven().edit("2").run("classify");

        assertThat(run.exit()).isZero();
        assertThat(run.err()).isEqualTo(
                "demitasse: target/demitasse.jar is older than the sources, but Maven is missing, so it runs as it is\n");
        Files.delete(launch.target("demitasse.jar"));
        launch.run("classify").fails(1, "not built yet, and Maven is missing").printsNothing();
    }

    @Test
    void inAFolderThatCannotBeWrittenWhatIsThereRuns() throws Exception {
        launch.run("classify");
        Run run = launch.edit("2").runReadOnly("classify");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.err()).isEqualTo("demitasse: target/demitasse.jar is older than the sources, but "
                + launch.home + "/target cannot be written, so it runs as it is\n");
    }

    @Test
    void aFolderThatCannotBeWrittenAndHasNothingIsToldInOneLine() throws Exception {
        launch.runReadOnly("classify").fails(1, "not built yet, and " + launch.home + "/target cannot be written")
                .printsNothing();
    }

    @Test
    void anOldJavaIsTold() throws Exception {
        launch.java("11.0.20", "java.base").run("classify")
                .fails(1, "/java is Java 11.0.20: install JDK 17 or newer, or set JAVA_HOME to one");
        launch.java("1.8.0_392", null).run("classify").fails(1, "is Java 1.8.0_392: ");
        assertThat(launch.builds()).isEmpty();
    }

    @Test
    void aJavaHomeWithoutAJavaIsNamed() throws Exception {
        launch.with("JAVA_HOME", "/nowhere").run("classify")
                .fails(1, "JAVA_HOME is /nowhere, which has no bin/java: set it to a JDK 17 or newer, or unset it");
    }

    @Test
    void theVectorModuleIsAskedForWhereThereIsOne() throws Exception {
        assertThat(launch.run("classify").out()).contains("\n--add-modules\njdk.incubator.vector\n");
        assertThat(launch.java("17", "java.base java.sql").run("classify").out()).doesNotContain("--add-modules");
    }

    @Test
    void aTextOrTwoAreNotCompiledTwice() throws Exception {
        String option = "\n-XX:TieredStopAtLevel=1\n";
        assertThat(launch.run("classify", "a text").out()).contains(option);
        assertThat(launch.run("similarity", "a text", "a-text").out()).contains(option);
        assertThat(launch.run("classify", "a".repeat(1000)).out()).doesNotContain(option);
        assertThat(launch.run("classify").out()).as("of stdin").doesNotContain(option);
        assertThat(launch.run("classify", "a text", "--kernels", "vector").out()).doesNotContain(option);
        assertThat(launch.run("convert", "folder", "file").out()).doesNotContain(option);
        assertThat(launch.with("JAVA_OPTS", "-XX:TieredStopAtLevel=4").run("classify", "a text").out())
                .containsSubsequence("-XX:TieredStopAtLevel=1\n", "-XX:TieredStopAtLevel=4\n");
    }

    @Test
    void aLocaleThatIsNotInstalledIsNone() throws Exception {
        launch.run("classify");
        launch.without("LC_ALL");
        assertThat(launch.with("LANG", "xx_XX.UTF-8").run().out()).startsWith("LC_ALL=C.UTF-8\n");
        assertThat(launch.with("LANG", "C").run().out()).startsWith("LC_ALL=C.UTF-8\n");
        assertThat(launch.with("LANG", "C.UTF-8").run().out()).startsWith("LC_ALL=none\n");
    }

    @Test
    void quotesInJavaOptsHoldWordsTogether() throws Exception {
        launch.run("classify");
        assertThat(launch.with("JAVA_OPTS", "-Da=\"x y\" '-Db=*'  -Dc=1\\ 2").run().out())
                .contains("\n-Da=x y\n-Db=*\n-Dc=1 2\n-Ddemitasse.home=");
        assertThat(launch.with("JAVA_OPTS", "  -Xmx4g -Dc=*\n-Dd").run().out())
                .contains("\n-Xmx4g\n-Dc=*\n-Dd\n-Ddemitasse.home=");
        assertThat(launch.with("JAVA_OPTS", " ").run().succeeds().out()).doesNotContain("\n\n");
        launch.with("JAVA_OPTS", "-Da='x").run().fails(1, "JAVA_OPTS is -Da='x, in which a quote is opened");
    }

    @Test
    void streamsThatAreClosed() throws Exception {
        launch.run("classify");
        launch.inBash("\"$@\" >&-", "classify").fails(1, "stdout is closed");
        assertThat(launch.inBash("\"$@\" 2>&-", "classify").succeeds().out()).contains("\nclassify\n");
        assertThat(launch.inBash("\"$@\" <&-", "classify").succeeds().out()).contains("\nclassify\n");
    }

    @Test
    void aReleaseRunsWithoutSourcesAndMaven() throws Exception {
        for (String source : List.of("src/main/App.java", "src/main", "src", "pom.xml", "parent/pom.xml", "parent")) {
            Files.delete(launch.home.resolve(source));
        }
        Path jar = Files.createFile(launch.home.resolve("demitasse.jar"));
        Files.createDirectory(launch.home.resolve("lib"));
        Run run = launch.withoutMaven().run("classify").succeeds();

        assertThat(run.out()).contains("\n-cp\n" + jar + "\n", "\n-Ddemitasse.home=" + launch.home + "\n");
        assertThat(launch.target("")).doesNotExist();
        assertThat(archive(launch.home.resolve("start"), "17.0.1")).exists();
    }

    /** With the Java that runs this test. */
    @Test
    void textsKeepTheirLettersWhateverFolderAndLocale() throws Exception {
        Launch real = new Launch(folder.resolve("a:b c \u00FC"));
        Files.createDirectories(real.target("lib"));
        writeJar(real.target("demitasse.jar"));
        real.with("JAVA_HOME", System.getProperty("java.home")).without("LC_ALL").with("LANG", "xx_XX.UTF-8");
        String vocabulary = Path.of(Run.VOCABULARY).toAbsolutePath().toString();
        Run run = real.run("tokenize", "--vocab", vocabulary, "na\u00EFve caf\u00E9");

        assertThat(run.succeeds().out()).contains("\"[CLS]\",\"naive\",\"cafe\",\"[SEP]\"");
        assertThat(real.builds()).isEmpty();
    }

    /** The classes under test, and a manifest that names the libraries of this JVM. */
    private static void writeJar(Path file) throws IOException {
        Path classes = Path.of("target/classes");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH,
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> entry.endsWith(".jar")).map(entry -> Path.of(entry).toUri().toString())
                        .collect(Collectors.joining(" ")));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest);
                Stream<Path> files = Files.walk(classes)) {
            for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                jar.putNextEntry(new ZipEntry(classes.relativize(each).toString().replace('\\', '/')));
                Files.copy(each, jar);
            }
        }
    }
}
