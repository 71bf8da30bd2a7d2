package io.demitasse.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What one forward pass works with: the threads, the memory for its intermediates, and scratch buffers for each
 * thread. Memory is lent as on a stack and kept for the next pass, so a pass allocates nothing once its workspace has
 * grown to the size it needs. Not thread-safe: a workspace serves one pass at a time.
 */
public final class Workspace {

    /** The first of the scratch buffers that {@link Kernels#gemm} may use; its callers use lower ones. */
    public static final int GEMM_SCRATCH = 16;

    private final Parallel parallel;
    private final Parallel.Loop loop;
    private final Ranges ranges = new Ranges();
    private final Map<Class<?>, Object> kept = new HashMap<>();
    private final List<Map<Class<?>, Object>> keptByWorker = new ArrayList<>();
    private final List<Matrix> lent = new ArrayList<>();
    private final float[][][] scratch;
    private static final float[] NONE = {};
    /** Floats of the longest array that every JVM makes. */
    private static final int MOST = Integer.MAX_VALUE - 8;

    private float[] memory = NONE;
    private int used;
    private int count;
    private int[] sizes = new int[64];      // of the matrices lent, in floats; 0 for a view
    private long lentFloats;
    private long mostFloats;                // that were ever lent at once

    public Workspace(Parallel parallel) {
        this.parallel = parallel;
        this.loop = new Parallel.Loop();
        this.scratch = new float[parallel.threads()][0][];
        for (int worker = 0; worker < parallel.threads(); worker++) {
            keptByWorker.add(new HashMap<>());
        }
    }

    /** The threads that loops of this pass run on. */
    public Parallel parallel() {
        return parallel;
    }

    /** {@link Parallel#run}, with nothing allocated. */
    public void run(int steps, Parallel.Task task) {
        parallel.run(loop, steps, task);
    }

    /** Some of a loop's numbers. */
    @FunctionalInterface
    public interface Range {
        /** The numbers from {@code from} on, to the one before {@code end}. */
        void run(int from, int end, int worker);
    }

    /** A loop over the numbers from 0 on, {@code size} of them, of which a task has {@code most}; nothing is allocated. */
    public void runRanges(int size, int most, Range range) {
        ranges.size = size;
        ranges.most = most;
        ranges.range = range;
        run((size + most - 1) / most, ranges);
        ranges.range = null;
    }

    private static final class Ranges implements Parallel.Task {
        private int size;
        private int most;
        private Range range;

        @Override
        public void run(int index, int worker) {
            range.run(index * most, Math.min(size, (index + 1) * most), worker);
        }
    }

    /**
     * The one object of a class that this workspace keeps: the body of a loop, which is so not made anew by every pass.
     *
     * @param <T> the class
     * @param <A> what its constructor takes
     */
    public <A, T> T kept(Class<T> type, A argument, Function<A, T> constructor) {
        Object object = kept.get(type);
        if (object == null) {
            object = constructor.apply(argument);
            kept.put(type, object);
        }
        return type.cast(object);
    }

    /** {@link #kept(Class, Object, Function)} for one thread alone: what a step of a loop may ask for. */
    <T> T kept(int worker, Class<T> type, Supplier<T> constructor) {
        Map<Class<?>, Object> own = keptByWorker.get(worker);
        Object object = own.get(type);
        if (object == null) {
            object = constructor.get();
            own.put(type, object);
        }
        return type.cast(object);
    }

    /** A matrix with any contents that begins with a cache line, lent until {@link #release} of a mark set before. */
    public Matrix matrix(int rows, int columns) {
        int size = Math.multiplyExact(rows, columns);
        if (size > memory.length - CacheLine.from(used)) {
            grow(size);
        }
        int offset = CacheLine.from(used);
        used = offset + size;
        Matrix matrix = next().reshape(memory, offset, rows, columns, columns);
        sizes[count - 1] = Math.addExact(size, CacheLine.FLOATS);
        lentFloats += sizes[count - 1];
        mostFloats = Math.max(mostFloats, lentFloats);
        return matrix;
    }

    /**
     * Takes new memory: as much as was ever lent at once if nothing is lent now, and else half as much as is, so that no
     * more than half is wasted. Matrices lent so far keep the old memory alive; it is let go with the last of them.
     */
    private void grow(int size) {
        long useful = count == 0 ? CacheLine.LEAD + mostFloats : lentFloats / 2;
        memory = NONE;
        memory = new float[Math.max(Math.addExact(CacheLine.LEAD, size), (int) Math.min(useful, MOST))];
        used = 0;
    }

    /**
     * Takes memory for so many floats at once, or as many as an array holds, if there is less: whoever knows what a pass
     * will lend saves it from growing bit by bit, of which every piece is memory that the system has to find.
     */
    public void reserve(long floats) {
        int size = (int) Math.min(floats, MOST - CacheLine.LEAD);
        if (size > memory.length - CacheLine.from(used)) {
            grow(size);
        }
    }

    /** A view of {@code columns} columns of {@code matrix} from {@code column} on, lent like {@link #matrix}. */
    public Matrix columns(Matrix matrix, int column, int columns) {
        return next().reshape(matrix.data(), matrix.offset() + column, matrix.rows(), columns, matrix.stride());
    }

    /** A view of {@code rows} rows of {@code matrix} from {@code row} on, lent like {@link #matrix}. */
    public Matrix rows(Matrix matrix, int row, int rows) {
        return next().reshape(matrix.data(), matrix.row(row), rows, matrix.columns(), matrix.stride());
    }

    private Matrix next() {
        if (count == lent.size()) {
            lent.add(Matrix.reusable());
        }
        if (count == sizes.length) {
            sizes = Arrays.copyOf(sizes, 2 * count);
        }
        sizes[count] = 0;
        return lent.get(count++);
    }

    /** Remembers what has been lent so far, for {@link #release}. */
    public long mark() {
        return (long) count << 32 | used;
    }

    /** Takes back all that was lent since {@code mark}. */
    public void release(long mark) {
        int before = (int) (mark >>> 32);
        while (count > before) {
            lentFloats -= sizes[--count];
        }
        used = (int) mark;
        for (int i = count - 1; i >= 0; i--) {
            if (lent.get(i).data() == memory) {
                return;
            }
        }
        // The memory grew since the mark and nothing of what is still lent lies in it.
        used = 0;
        if (count == 0 && memory.length < mostFloats) {
            // The next pass gets in one piece what this one got in several, of which none is to be left over then.
            memory = NONE;
            lent.forEach(matrix -> matrix.reshape(NONE, 0, 0, 0, 0));
        }
    }

    /** How many floats this workspace holds on to. */
    public long size() {
        long size = memory.length;
        for (float[][] buffers : scratch) {
            for (float[] buffer : buffers) {
                size += buffer == null ? 0 : buffer.length;
            }
        }
        return size;
    }

    /**
     * A buffer of at least {@code size} floats that only this worker uses, with any contents.
     *
     * @param worker the number that {@link Parallel.Task} is given
     * @param slot which of the worker's buffers, from 0
     */
    public float[] scratch(int worker, int slot, int size) {
        if (slot >= scratch[worker].length) {
            scratch[worker] = Arrays.copyOf(scratch[worker], slot + 1);
        }
        float[] buffer = scratch[worker][slot];
        if (buffer == null || buffer.length < size) {
            buffer = new float[size];
            scratch[worker][slot] = buffer;
        }
        return buffer;
    }
}
