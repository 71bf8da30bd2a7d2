package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The few calls of java.lang.foreign that {@link MachineCode} needs. The module is final from JDK 22 on and this is
 * compiled for 17, so everything is looked up by name; what comes out are method handles of plain Java types.
 */
final class ForeignFunctions {

    private static final String PACKAGE = "java.lang.foreign.";
    /** What a user adds to the command line. */
    static final String FLAG = "--enable-native-access=";

    private final Class<?> segment = type("MemorySegment");
    private final Class<?> layout = type("MemoryLayout");
    private final Class<?> descriptor = type("FunctionDescriptor");
    private final Class<?> option = type("Linker$Option");
    private final Class<?> linkerType = type("Linker");
    private final Object linker = call(linkerType, "nativeLinker", null);

    private ForeignFunctions() {
    }

    /** Why machine code must not or cannot be called here; empty if it can. Asking touches nothing restricted. */
    static String obstacle() {
        if (Runtime.version().feature() < 22) {
            return "it needs JDK 22 or newer, and this is " + Runtime.version().feature();
        }
        Module module = ForeignFunctions.class.getModule();
        try {
            boolean enabled = (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(module);
            return enabled ? "" : "pass " + FLAG + (module.isNamed() ? module.getName() : "ALL-UNNAMED") + " to java";
        } catch (ReflectiveOperationException e) {
            return "this JVM does not tell whether it allows native access";
        }
    }

    /** To be called only where {@link #obstacle()} finds none. */
    static ForeignFunctions find() {
        return new ForeignFunctions();
    }

    /**
     * A function of the C library, as {@code (long, long, long, long, long, long) long}: on x86-64 each argument has a
     * register of its own, whether the function takes it or not, and of an int the lower half counts. One form for all
     * links once.
     */
    MethodHandle function(String name) {
        Object lookup = call(linkerType, "defaultLookup", linker);
        Object address = ((Optional<?>) call(type("SymbolLookup"), "find", lookup, name))
                .orElseThrow(() -> new LinkageError("there is no " + name));
        Class<?>[] arguments = new Class<?>[6];
        Arrays.fill(arguments, long.class);
        return downcall(MethodType.methodType(long.class, arguments), false).bindTo(address);
    }

    /**
     * Calls machine code with arrays as they lie in the heap: {@code (long code, arguments...)}. The garbage collector
     * waits for it to return, so it must be short.
     *
     * @param arguments the classes of primitive arrays, of which the code is given the addresses, or long
     */
    MethodHandle code(Class<?>... arguments) {
        MethodHandle handle = downcall(MethodType.methodType(void.class, arguments), true);
        handle = MethodHandles.filterArguments(handle, 0, segmentOf("ofAddress", long.class));
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].isArray()) {
                handle = MethodHandles.filterArguments(handle, i + 1, segmentOf("ofArray", arguments[i]));
            }
        }
        return handle;
    }

    /** Memory at an address, which there must be for as long as the buffer is used. */
    ByteBuffer memory(long address, long size) {
        Object start = call(segment, "ofAddress", null, address);
        return (ByteBuffer) call(segment, "asByteBuffer", call(segment, "reinterpret", start, size));
    }

    /** Memory at an address, which is given back as soon as no buffer of it is in use any more. */
    ByteBuffer memory(long address, long size, Runnable giveBack) {
        Object arena = call(type("Arena"), "ofAuto", null);
        Consumer<Object> cleanup = memory -> giveBack.run();
        Object start = call(segment, "ofAddress", null, address);
        return (ByteBuffer) call(segment, "asByteBuffer", call(segment, "reinterpret", start, size, arena, cleanup));
    }

    /** Where memory outside of the heap lies: {@code (Buffer) long}. */
    MethodHandle address() {
        try {
            MethodHandle address = MethodHandles.publicLookup().findVirtual(segment, "address",
                    MethodType.methodType(long.class));
            return MethodHandles.filterReturnValue(segmentOf("ofBuffer", Buffer.class), address);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("java.lang.foreign has changed: " + e.getMessage(), e);
        }
    }

    private MethodHandle segmentOf(String method, Class<?> argument) {
        try {
            return MethodHandles.publicLookup().findStatic(segment, method, MethodType.methodType(segment, argument));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("java.lang.foreign has changed: " + e.getMessage(), e);
        }
    }

    /** A handle whose first argument is the function's address, a MemorySegment; arrays are MemorySegments too. */
    private MethodHandle downcall(MethodType type, boolean critical) {
        Object arguments = Array.newInstance(layout, type.parameterCount());
        for (int i = 0; i < type.parameterCount(); i++) {
            Array.set(arguments, i, layoutOf(type.parameterType(i)));
        }
        Object function = type.returnType() == void.class
                ? call(descriptor, "ofVoid", null, arguments)
                : call(descriptor, "of", null, layoutOf(type.returnType()), arguments);
        Object options = Array.newInstance(option, critical ? 1 : 0);
        if (critical) {
            Array.set(options, 0, call(option, "critical", null, true));
        }
        return (MethodHandle) call(linkerType, "downcallHandle", linker, function, options);
    }

    private Object layoutOf(Class<?> type) {
        String name = type == long.class ? "JAVA_LONG" : "ADDRESS";
        try {
            return type("ValueLayout").getField(name).get(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("java.lang.foreign has changed: " + e.getMessage(), e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(PACKAGE + name);
        } catch (ClassNotFoundException e) {
            throw new LinkageError("java.lang.foreign has changed: " + e.getMessage(), e);
        }
    }

    /** Calls the public method of this name that takes these arguments. */
    private static Object call(Class<?> type, String name, Object receiver, Object... arguments) {
        try {
            for (Method method : type.getMethods()) {
                if (method.getName().equals(name) && takes(method.getParameterTypes(), arguments)) {
                    return method.invoke(receiver, arguments);
                }
            }
        } catch (IllegalAccessException e) {
            throw new LinkageError("java.lang.foreign has changed: " + e.getMessage(), e);
        } catch (InvocationTargetException e) {
            throw new LinkageError(type.getSimpleName() + "." + name + ": " + e.getCause(), e.getCause());
        }
        throw new LinkageError("java.lang.foreign has changed: there is no " + type.getSimpleName() + "." + name);
    }

    private static boolean takes(Class<?>[] parameters, Object[] arguments) {
        boolean takes = parameters.length == arguments.length;
        for (int i = 0; takes && i < parameters.length; i++) {
            takes = MethodType.methodType(parameters[i]).wrap().returnType().isInstance(arguments[i]);
        }
        return takes;
    }
}
