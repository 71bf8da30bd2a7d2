package io.demitasse.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** The files that are meant by names, folders and patterns, each once. */
final class InputFiles {

    private static final String PATTERN = ".*[*?\\[{].*";

    private InputFiles() {
    }

    /**
     * The files, in the order of their names where one name stands for several.
     *
     * @param names files, folders (for the files in them but hidden ones, and such as _SUCCESS) or patterns for files
     * @param jsonl whether all hold JSON lines
     * @throws NoSuchFileException if there is none of a name
     * @throws IllegalArgumentException if results of two would have one name
     */
    static List<InputFile> find(List<String> names, boolean jsonl) throws IOException {
        Map<Path, Path> found = new LinkedHashMap<>();
        for (String name : names) {
            for (Path path : named(name)) {
                found.putIfAbsent(path.toAbsolutePath().normalize(), path);
            }
        }
        Map<String, InputFile> byResults = new LinkedHashMap<>();
        for (Path path : found.values()) {
            InputFile file = InputFile.of(path, jsonl);
            InputFile other = byResults.putIfAbsent(file.results(), file);
            if (other != null) {
                throw new IllegalArgumentException("the results of " + other.path() + " and of " + path
                        + " would both be called " + file.results() + ": give them to folders of their own");
            }
        }
        return new ArrayList<>(byResults.values());
    }

    private static List<Path> named(String name) throws IOException {
        if (name.isEmpty()) {
            throw new NoSuchFileException("''");    // to Java the working folder
        }
        Path path = Path.of(name);
        if (Files.isDirectory(path)) {
            List<Path> files = files(path, 1, file -> !String.valueOf(file.getFileName()).matches("[._].*"));
            if (files.isEmpty()) {
                throw new NoSuchFileException(path.resolve("*").toString());
            }
            return files;
        }
        if (Files.exists(path) || !name.matches(PATTERN)) {
            return List.of(path);
        }
        List<Path> files = matching(name, path);
        if (files.isEmpty()) {
            throw new NoSuchFileException(name);
        }
        return files;
    }

    private static List<Path> matching(String pattern, Path path) throws IOException {
        PathMatcher matcher;
        try {
            matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(pattern + ": no such file, and no pattern either: " + e.getDescription(), e);
        }
        Path base = path.isAbsolute() ? path.getRoot() : Path.of("");
        int names = 0;
        while (!path.getName(names).toString().matches(PATTERN)) {
            base = base.resolve(path.getName(names++));
        }
        if (!Files.isDirectory(base)) {
            return List.of();
        }
        boolean hidden = path.getFileName().toString().startsWith(".");
        return files(base, pattern.contains("**") ? Integer.MAX_VALUE : path.getNameCount() - names,
                file -> matcher.matches(file) && (hidden || !file.getFileName().toString().startsWith(".")));
    }

    private static List<Path> files(Path folder, int depth, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> files = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(wanted).filter(Files::isRegularFile).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
