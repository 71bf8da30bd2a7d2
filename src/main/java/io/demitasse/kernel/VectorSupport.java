package io.demitasse.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/**
 * Whether this JVM turns the vector API into vector instructions. Where it does not, each operation is an object and
 * a call, a hundred times slower than plain loops; so this asks before a class that needs the API is loaded.
 */
final class VectorSupport {

    private static final String MODULE = "jdk.incubator.vector";
    /** What a user adds to the command line. */
    static final String FLAG = "--add-modules " + MODULE;

    private VectorSupport() {
    }

    /** Whether the API's module was asked for when the JVM was started. */
    static boolean hasModule() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }

    /** Why the API is of no use here; empty if it is. */
    static String obstacle() {
        if (!hasModule()) {
            return "pass " + FLAG + " to java";
        }
        String info = System.getProperty("java.vm.info", "");
        if (info.contains("interpreted") || info.contains("emulated-client")) {
            return "the JVM compiles without its optimizing compiler C2 (" + info + ")";
        }
        String obstacle;
        try {
            obstacle = Flags.obstacle();
        } catch (LinkageError e) {
            return "the JVM has no module jdk.management to tell its flags";
        }
        return obstacle.isEmpty() ? VectorTiles.obstacle() : obstacle;
    }

    /** Apart, since a JVM cut down by jlink may not have the class it imports. */
    private static final class Flags {

        static String obstacle() {
            HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            if (jvm == null) {
                return "the JVM is not HotSpot";
            }
            if (Integer.parseInt(value(jvm, "TieredStopAtLevel", "4")) < 4) {
                return "the JVM compiles without its optimizing compiler C2 (TieredStopAtLevel)";
            }
            if (value(jvm, "UseJVMCICompiler", "false").equals("true")) {
                return "the JVM compiles with another compiler than C2 (UseJVMCICompiler)";
            }
            if (value(jvm, "EnableVectorSupport", "true").equals("false")) {
                return "the JVM compiles the vector API to calls (EnableVectorSupport)";
            }
            if (value(jvm, "UseFMA", "true").equals("false")) {
                return "the processor has no fused multiply-add";
            }
            return "";
        }

        private static String value(HotSpotDiagnosticMXBean jvm, String flag, String absent) {
            try {
                return jvm.getVMOption(flag).getValue();
            } catch (IllegalArgumentException e) {
                return absent;
            }
        }
    }
}
