package io.demitasse.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The places that tensors would have in a flat file, and behind each place the file in which its bytes really are. */
final class AssembledSource implements Source {

    private final NavigableMap<Long, TensorPart> parts = new TreeMap<>();
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final Closeable files;
    private final long size;

    AssembledSource(List<TensorPart> parts, Closeable files) {
        this.files = files;
        long offset = FlatHeader.ALIGNMENT;
        for (TensorPart part : parts) {
            long bytes = part.size();
            TensorInfo info = new TensorInfo(part.name(), part.dtype(), part.shape(), offset, bytes,
                    TensorInfo.NO_CHECKSUM, null);
            if (tensors.put(part.name(), info) != null) {
                throw new IllegalArgumentException("tensor " + part.name() + " is there already");
            }
            this.parts.put(offset, part);
            // At least one byte a tensor, so that each has a place of its own.
            offset += (Math.max(bytes, 1) + FlatHeader.ALIGNMENT - 1) / FlatHeader.ALIGNMENT * FlatHeader.ALIGNMENT;
        }
        size = offset;
    }

    Map<String, TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public long size() {
        return size;
    }

    /** Within one tensor, as FlatFile reads. */
    @Override
    public void read(long position, ByteBuffer target) throws IOException {
        Map.Entry<Long, TensorPart> part = parts.floorEntry(position);
        part.getValue().read(position - part.getKey(), target);
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
