package io.demitasse.kernel;

import org.jspecify.annotations.Nullable;

/** Whether machine code can be emitted and called here, and the one piece of it that all models share. */
final class MachineSupport {

    /** Emitted once, when first asked for. */
    private static final class Shared {
        static @Nullable MachineCode code;
        static String obstacle = "";

        static {
            try {
                code = MachineCode.emit(MachineCode.linux());
            } catch (LinkageError e) {
                obstacle = String.valueOf(e.getMessage());
            }
        }
    }

    private MachineSupport() {
    }

    /** Why there is no machine code here; empty if there is. */
    static String obstacle() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch");
        if (!os.equals("Linux") || !arch.equals("amd64")) {
            return "it is written for Linux on x86-64, and this is " + os + " on " + arch;
        }
        String obstacle = ForeignFunctions.obstacle();
        return obstacle.isEmpty() ? Shared.obstacle : obstacle;
    }

    /** {@link #obstacle()}, and why activations are not kept so where there is machine code. */
    static String obstacle(Int8Activations activations) {
        String obstacle = obstacle();
        return obstacle.isEmpty() && activations == Int8Activations.FAST && code().form().byteRows(1) == 0
                ? "the processor has no VNNI" : obstacle;
    }

    /** To be called only where {@link #obstacle()} finds none. */
    static MachineCode code() {
        MachineCode code = Shared.code;
        if (code == null) {
            throw new LinkageError(Shared.obstacle);
        }
        return code;
    }
}
