package io.demitasse.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Arrays;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a file is written, whatever it holds: whole or not at all, and in place of a file of its own kind or of none.
 *
 * <p>Everything goes to a temporary file in the same folder, is forced to disk, and only then takes the target's name,
 * so that no reader ever sees half a file and a failure leaves what was there before. A device, a pipe or a folder is
 * not written to, nor replaced; a symbolic link is followed; the permissions of a file that is replaced stay.
 */
public final class WholeFile {

    /** Links that are followed before they are taken for a circle, as Linux does. */
    private static final int MOST_LINKS = 40;
    /** A temporary file's name, in which the target's stands first. */
    private static final Pattern TEMPORARY = Pattern.compile("(.+)\\.\\p{XDigit}{8}-\\p{XDigit}{4}-\\p{XDigit}{4}\\.tmp");

    /** What a file holds. */
    public enum Kind {
        /** A flat weight file. */
        FLAT("flat weight file", "DEMIFLAT"),
        /** A page that shows an inspection. */
        PAGE("page", "<!doctype html>"),
        /** Curves. */
        PLOT("plot", "<svg ");

        private final String name;
        private final byte[] beginning;

        Kind(String name, String beginning) {
            this.name = name;
            this.beginning = beginning.getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** Writes what the file is to hold, beginning at position 0. */
    @FunctionalInterface
    public interface Writing {
        void to(FileChannel channel) throws IOException;
    }

    private WholeFile() {
    }

    /**
     * Checks that {@link #write} may write there, for a caller who has much to do before.
     *
     * @param inputs files that are read and must not be written over; null for none
     * @throws IllegalArgumentException if the target is one of them
     * @throws IOException if the folder does not exist, or something stands there that is not to be replaced; the
     *     message names the target
     */
    public static void check(Path target, Kind kind, @Nullable Path... inputs) throws IOException {
        for (Path input : inputs) {
            if (input != null && Files.exists(target) && Files.exists(input) && Files.isSameFile(target, input)) {
                throw new IllegalArgumentException(target + ": is read, so it cannot be written over: choose another"
                        + " file to write");
            }
        }
        checkReplaceable(target, followed(target), kind);
    }

    /**
     * Writes a file.
     *
     * @throws IOException if it cannot be written; the message names the target, and what was there is as it was
     */
    public static void write(Path target, Kind kind, Writing writing) throws IOException {
        Path file = followed(target);
        checkReplaceable(target, file, kind);
        write(target, file, writing);
    }

    /**
     * Writes a file that is not there yet.
     *
     * @throws IOException if it cannot be written, or something stands there; the message names the target
     */
    public static void create(Path target, Writing writing) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw naming(target, "is there already, and is not replaced", null);
        }
        write(target, target.toAbsolutePath(), writing);
    }

    /** The name of the file that was to be written, if this is the name of what a killed process left of it; else null. */
    public static @Nullable String leftOf(String name) {
        Matcher matcher = TEMPORARY.matcher(name);
        return matcher.matches() ? matcher.group(1) : null;
    }

    private static void write(Path target, Path file, Writing writing) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID().toString().substring(0, 18)
                + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE_NEW)) {
                keepPermissions(file, temporary);
                writing.to(channel);
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceFolder(file.getParent());
        } catch (AccessDeniedException e) {
            throw new AccessDeniedException(target.toString());
        } catch (IOException e) {
            // The system's reason, without the temporary file's name, of which nobody knows.
            String reason = e instanceof FileSystemException ? ((FileSystemException) e).getReason() : null;
            throw naming(target, reason == null ? String.valueOf(e.getMessage()) : reason, e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static FileSystemException naming(Path target, String problem, @Nullable IOException cause) {
        FileSystemException exception = new FileSystemException(target.toString(), null, problem);
        if (cause != null) {
            exception.initCause(cause);
        }
        return exception;
    }

    /** Where the links end, whether or not there is a file. */
    private static Path followed(Path target) throws IOException {
        Path file = target.toAbsolutePath();
        for (int links = 0; Files.isSymbolicLink(file); links++) {
            if (links == MOST_LINKS) {
                throw naming(target, "a link that leads in a circle", null);
            }
            file = file.resolveSibling(Files.readSymbolicLink(file));
        }
        return file;
    }

    private static void checkReplaceable(Path target, Path file, Kind kind) throws IOException {
        Path folder = file.getParent();
        if (folder == null || Files.isDirectory(file)) {
            throw naming(target, "a directory, not a file to write", null);
        }
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isRegularFile(file)) {
            throw naming(target, "a device or a pipe, not a file to write", null);
        }
        if (!Files.isWritable(file)) {
            throw new AccessDeniedException(target.toString());
        }
        byte[] there;
        try (InputStream in = Files.newInputStream(file)) {
            there = in.readNBytes(kind.beginning.length);
        }
        if (there.length > 0 && !Arrays.equals(there, kind.beginning)) {
            throw naming(target, "holds something else than a " + kind.name + ", and is not replaced: delete it, or"
                    + " choose another file to write", null);
        }
    }

    private static void keepPermissions(Path file, Path temporary) throws IOException {
        PosixFileAttributeView there = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (there != null && Files.exists(file)) {
            Files.setPosixFilePermissions(temporary, there.readAttributes().permissions());
        }
    }

    /** So that the name, too, outlives a power cut. Not every system can, and then it has its own way. */
    private static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is whole, under its name.
        }
    }
}
