package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/**
 * A program that has Linux refuse to make memory executable (prctl's PR_SET_MDWE, from Linux 6.3 on), and then prints
 * the kernels that auto takes then, and why they are not the machine kernels.
 */
final class NoExecutableMemory {

    private static final int PR_SET_MDWE = 65;
    private static final long REFUSE_EXEC_GAIN = 1;

    private NoExecutableMemory() {
    }

    public static void main(String[] args) throws Throwable {
        MethodHandle prctl = ForeignFunctions.find().function("prctl", MethodType.methodType(int.class, int.class,
                long.class, long.class, long.class, long.class));
        int refused = (int) prctl.invokeExact(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0L, 0L, 0L);
        System.out.println(refused == 0 ? KernelChoice.choose(KernelChoice.AUTO).name() : "cannot refuse");
        System.out.println(MachineSupport.obstacle());
    }
}
