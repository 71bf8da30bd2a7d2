package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What apps compile against changes only on purpose: its public signatures are those in
 * public-api.txt. A line that goes away or changes breaks someone; where that is meant, copy target/public-api.txt there,
 * and say it in the changelog.
 */
class ApiSignaturesTest {

    private static final Path COMMITTED = Path.of("src/test/resources/public-api.txt");
    private static final Path FOUND = Path.of("target/public-api.txt");
    /** Whole packages, and what stands in their signatures from others. */
    private static final List<String> PACKAGES = List.of("io.demitasse", "io.demitasse.tokenizer",
            "io.demitasse.serve", "io.demitasse.train", "io.demitasse.study", "io.demitasse.convert");
    private static final List<String> TYPES = List.of("io.demitasse.file.ModelFormatException",
            "io.demitasse.kernel.Matrix", "io.demitasse.kernel.Int8Activations", "io.demitasse.kernel.Kernels",
            "io.demitasse.kernel.KernelChoice", "io.demitasse.kernel.Parallel", "io.demitasse.model.Trace",
            "io.demitasse.model.ModelConfig", "io.demitasse.model.Architecture", "io.demitasse.model.Head",
            "io.demitasse.model.HeadSpec", "io.demitasse.model.Positions", "io.demitasse.model.ProblemType");

    @Test
    void thePublicSignaturesAreTheCommittedOnes() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : PACKAGES) {
            try (Stream<Path> files = Files.list(Path.of("target/classes", name.split("\\.")))) {
                files.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(".class"))
                        .filter(file -> !file.equals("package-info.class")).sorted()
                        .forEach(file -> describe(name + "." + file.replace(".class", ""), lines));
            }
        }
        TYPES.forEach(type -> describe(type, lines));
        Files.write(FOUND, lines);

        assertThat(lines).as("see %s", FOUND).containsExactlyElementsOf(Files.readAllLines(COMMITTED));
    }

    private static void describe(String name, List<String> lines) {
        Class<?> type;
        try {
            type = Class.forName(name, false, ApiSignaturesTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        for (Class<?> outer = type; outer != null; outer = outer.getEnclosingClass()) {
            if (!isOpen(outer.getModifiers()) || outer.isAnonymousClass()) {
                return;
            }
        }
        // Newer Javas write down that a type is sealed.
        lines.add(type.toGenericString().replaceFirst(" (non-)?sealed", ""));
        List<String> members = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            add(field, field.toGenericString(), members);
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            add(constructor, constructor.toGenericString(), members);
        }
        for (Method method : type.getDeclaredMethods()) {
            add(method, method.toGenericString(), members);
        }
        members.sort(null);
        lines.addAll(members);
    }

    private static void add(Member member, String signature, List<String> members) {
        if (isOpen(member.getModifiers()) && !member.isSynthetic()) {
            members.add("    " + signature);
        }
    }

    private static boolean isOpen(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }
}
