package io.demitasse.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Which {@link Kernels} work on this machine, and which to take. */
public final class KernelChoice {

    /** The name that asks for the first kernels that work. */
    public static final String AUTO = "auto";

    /**
     * One kind of kernels, tried here.
     *
     * @param kernels null if they do not work here
     * @param reason why they do not work and what would mend it; empty if they do
     */
    public record Attempt(String name, Kernels kernels, String reason) {

        public boolean works() {
            return kernels != null;
        }
    }

    private record Candidate(String name, Supplier<Kernels> maker) {

        Attempt attempt() {
            try {
                return new Attempt(name, maker.get(), "");
            } catch (LinkageError | RuntimeException e) {
                return new Attempt(name, null, reason(e));
            }
        }
    }

    /** Fastest first. */
    private static final List<Candidate> CANDIDATES = List.of(
            new Candidate("jblas", JblasKernels::new),
            new Candidate("plain", PlainKernels::new));

    private KernelChoice() {
    }

    /** The names that {@link #choose} takes. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        names.add(AUTO);
        CANDIDATES.forEach(candidate -> names.add(candidate.name()));
        return names;
    }

    /** Tries all kernels, fastest first. */
    public static List<Attempt> attempts() {
        return CANDIDATES.stream().map(Candidate::attempt).toList();
    }

    /**
     * The kernels of this name; for {@link #AUTO}, the first that work here.
     *
     * @throws IllegalArgumentException if there are none of this name, or they do not work here; it says why
     */
    public static Kernels choose(String name) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException("no kernels are called \"" + name + "\"; there are "
                    + String.join(", ", names()));
        }
        Attempt attempt = null;
        for (Candidate candidate : CANDIDATES) {
            if (name.equals(AUTO) || name.equals(candidate.name())) {
                attempt = candidate.attempt();
                if (attempt.works()) {
                    return attempt.kernels();
                }
            }
        }
        throw new IllegalArgumentException("the kernels \"" + name + "\" do not work here: " + attempt.reason());
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = String.valueOf(root.getMessage());
        if (message.contains("libgfortran")) {
            return "jblas's native library needs libgfortran.so.5, which is not installed "
                    + "(Debian, Ubuntu: apt-get install libgfortran5; Fedora: dnf install libgfortran)";
        }
        if (root instanceof ClassNotFoundException || root instanceof NoClassDefFoundError) {
            return message.contains("NativeBlas") && message.startsWith("Could not initialize")
                    ? "jblas's native library did not load when it was first tried in this JVM"
                    : "a class is not on the class path: " + message.replace('/', '.');
        }
        return root.getClass().getSimpleName() + ": " + message.lines().findFirst().orElse("");
    }
}
