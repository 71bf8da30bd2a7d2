package io.demitasse.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which {@link Kernels} work on this machine, and which to take. */
public final class KernelChoice {

    /** The name that asks for the first kernels that work. */
    public static final String AUTO = "auto";

    private static final String MACHINE = "machine";

    /**
     * One kind of kernels, tried here.
     *
     * @param kernels null if they do not work here
     * @param reason why they do not work and what would mend it; empty if they do
     */
    public record Attempt(String name, @Nullable Kernels kernels, String reason) {

        public boolean works() {
            return kernels != null;
        }
    }

    /** The maker gives null or fails where they do not work; only then {@code whyNot} is asked, which may take a while. */
    private record Candidate(String name, Function<Int8Activations, @Nullable Kernels> maker,
                             Supplier<String> whyNot) {

        @Nullable Kernels kernels(Int8Activations activations) {
            try {
                return maker.apply(activations);
            } catch (LinkageError e) {
                return null;
            }
        }

        Attempt attempt() {
            Kernels kernels = kernels(Int8Activations.EXACT);
            return new Attempt(name, kernels, kernels == null ? reason() : "");
        }

        String reason() {
            try {
                return whyNot.get();
            } catch (NoClassDefFoundError e) {
                return "it is not on the class path, or is a module not asked for (" + e.getMessage().replace('/', '.')
                        + ")";
            }
        }
    }

    /** Fastest first. jblas comes behind plain, which always works, so it must be asked for: see {@link JblasKernels}. */
    private static final List<Candidate> CANDIDATES = List.of(
            new Candidate(MACHINE, KernelChoice::machine, MachineSupport::obstacle),
            new Candidate("vector", activations -> vector(), VectorSupport::obstacle),
            new Candidate("plain", activations -> new PlainKernels(), () -> ""),
            new Candidate("jblas", activations -> new JblasKernels(), JblasKernels::whyNot));

    private KernelChoice() {
    }

    /** The names that {@link #choose} takes. */
    public static List<String> names() {
        List<String> names = new ArrayList<>();
        names.add(AUTO);
        CANDIDATES.forEach(candidate -> names.add(candidate.name()));
        return names;
    }

    /** Whether the first that work here are as fast for a first text as for any: nothing of them waits for a compiler. */
    public static boolean autoStartsAtOnce() {
        return MachineSupport.obstacle().isEmpty();
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
        return choose(name, Int8Activations.EXACT);
    }

    /**
     * {@link #choose(String)}.
     *
     * @param activations how precisely what goes into a product with int8 weights is kept
     * @throws IllegalArgumentException as there, and if it is {@link Int8Activations#FAST} and the kernels keep floats
     */
    public static Kernels choose(String name, Int8Activations activations) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException("no kernels are called \"" + name + "\"; there are "
                    + String.join(", ", names()));
        }
        if (activations == Int8Activations.FAST) {
            if (!name.equals(AUTO) && !name.equals(MACHINE)) {
                throw new IllegalArgumentException("int8 activations \"fast\" need the machine kernels, and the kernels \""
                        + name + "\" were asked for");
            }
            String obstacle = MachineSupport.obstacle(activations);
            if (!obstacle.isEmpty()) {
                throw new IllegalArgumentException("int8 activations \"fast\" do not work here: " + obstacle);
            }
        }
        if (name.equals(AUTO) && !MachineSupport.obstacle().isEmpty() && !VectorSupport.hasModule()) {
            System.getLogger(KernelChoice.class.getName()).log(System.Logger.Level.INFO,
                    "this is faster with the vector kernels: " + VectorSupport.obstacle());
        }
        for (Candidate candidate : CANDIDATES) {
            if (name.equals(AUTO) || name.equals(candidate.name())) {
                Kernels kernels = candidate.kernels(activations);
                if (kernels != null) {
                    return kernels;
                }
                if (!name.equals(AUTO)) {
                    throw new IllegalArgumentException("the kernels \"" + name + "\" do not work here: "
                            + candidate.reason());
                }
            }
        }
        throw new IllegalStateException("plain kernels work everywhere");
    }

    private static @Nullable Kernels machine(Int8Activations activations) {
        return MachineSupport.obstacle().isEmpty() ? new MachineKernels(activations) : null;
    }

    /** Null where they would not work, which is found out before their class is loaded. */
    private static @Nullable Kernels vector() {
        return VectorSupport.obstacle().isEmpty() ? new VectorKernels() : null;
    }
}
