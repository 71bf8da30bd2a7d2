package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.demitasse.file.WholeFile.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {

    private static final String PAGE = "<!doctype html>new";

    @TempDir
    Path folder;

    private Path target;

    @BeforeEach
    void name() {
        target = folder.resolve("page.html");
    }

    /** Whatever happened. */
    @AfterEach
    void nothingTemporaryIsLeft() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
        }
    }

    private static void write(Path target) throws IOException {
        WholeFile.write(target, Kind.PAGE, channel -> channel.write(bytes(PAGE)));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(Path target, String reason) {
        assertThatThrownBy(() -> write(target)).isInstanceOf(FileSystemException.class)
                .hasMessageStartingWith(target + ": ").hasMessageContaining(reason);
        assertThatThrownBy(() -> WholeFile.check(target, Kind.PAGE)).isInstanceOf(FileSystemException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void aFileOfItsKindAnEmptyOneOrNoneIsReplaced() throws IOException {
        write(target);
        assertThat(target).hasContent(PAGE);
        Files.writeString(target, "<!doctype html>old");
        write(target);
        assertThat(target).hasContent(PAGE);
        write(Files.createFile(folder.resolve("empty")));
        assertThat(folder.resolve("empty")).hasContent(PAGE);
    }

    @Test
    void aFileOfAnotherKindIsNot() throws IOException {
        for (String content : new String[] {"DEMIFLAT and weights", "my thesis", "<"}) {
            Files.writeString(target, content);
            refused(target, "holds something else than a page, and is not replaced");
            assertThat(target).hasContent(content);
        }
    }

    @Test
    void aPipeAFolderAndADeviceAreNot() throws Exception {
        refused(folder, "a directory");
        Path pipe = folder.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "needs mkfifo");
        refused(pipe, "a device or a pipe");
        // Only asked: were it replaced, the machine would suffer.
        assertThatThrownBy(() -> WholeFile.check(Path.of("/dev/null"), Kind.PAGE)).hasMessageContaining("a device");
        Path link = Files.createSymbolicLink(folder.resolve("link"), pipe);
        refused(link, "a device or a pipe");
        assertThat(Files.isSymbolicLink(link)).isTrue();
    }

    @Test
    void aLinkIsFollowed() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("a/b"));
        Path link = Files.createSymbolicLink(deep.resolve("link"), Path.of("../page.html"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), link);
        for (int i = 0; i < 2; i++) {       // to nothing, and to a file
            write(second);
            assertThat(folder.resolve("a/page.html")).hasContent(PAGE);
            assertThat(link).isSymbolicLink();
            assertThat(second).isSymbolicLink();
        }
        refused(Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle")), "in a circle");
    }

    @Test
    void permissionsStay() throws IOException {
        Files.writeString(target, "<!doctype html>old");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
        write(target);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target))).isEqualTo("rw-------");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r--r--r--"));
        assumeTrue(!Files.isWritable(target), "root may write anywhere");
        assertThatThrownBy(() -> write(target)).isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void whatIsReadIsNotWrittenOver() throws IOException {
        Files.writeString(target, "<!doctype html>old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), target);
        Path twin = Files.createLink(folder.resolve("twin"), target);
        Path other = Files.createFile(folder.resolve("other"));
        for (Path input : new Path[] {target, link, twin}) {
            assertThatIllegalArgumentException().isThrownBy(() -> WholeFile.check(target, Kind.PAGE, other, input))
                    .withMessageStartingWith(target + ": is read, so it cannot be written over");
        }
        WholeFile.check(target, Kind.PAGE, other, null, folder.resolve("none"));
    }

    @Test
    void aFailureLeavesWhatWasThere() throws IOException {
        Files.writeString(target, "<!doctype html>old");
        assertThatThrownBy(() -> WholeFile.write(target, Kind.PAGE, channel -> {
            channel.write(bytes("<!doc"));
            throw new IOException("No space left on device");
        })).isInstanceOf(IOException.class).hasMessage(target + ": No space left on device");
        assertThat(target).hasContent("<!doctype html>old");
        assertThatThrownBy(() -> write(folder.resolve("none/page.html"))).isInstanceOf(NoSuchFileException.class)
                .hasMessage(folder.resolve("none").toString());
    }
}
