package io.demitasse.file;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes that can be read at any place, by several threads at once. A file is read, not mapped: a map would stay until
 * the garbage collector comes by, and a file cut short under it would take the JVM along.
 */
interface Source extends Closeable {

    long size();

    /** Fills what remains of the target with the bytes from {@code position} on. */
    void read(long position, ByteBuffer target) throws IOException;

    /** A file, which is open until it is closed here. */
    record InFile(FileChannel channel, long size) implements Source {

        static InFile open(Path path) throws IOException {
            FileChannel channel = FileChannel.open(path);
            try {
                return new InFile(channel, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }

        @Override
        public void read(long position, ByteBuffer target) throws IOException {
            for (long at = position; target.hasRemaining();) {
                int read = channel.read(target, at);
                if (read < 0) {
                    throw new EOFException("it was cut off while it was read");
                }
                at += read;
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** All that a stream held, in blocks, since one array could not hold it whatever its length. */
    record InMemory(List<byte[]> blocks, long size) implements Source {

        private static final int BLOCK = 1 << 22;

        static InMemory copy(InputStream stream) throws IOException {
            List<byte[]> blocks = new ArrayList<>();
            long size = 0;
            byte[] block;
            do {
                block = stream.readNBytes(BLOCK);
                blocks.add(block);
                size += block.length;
            } while (block.length == BLOCK);
            return new InMemory(blocks, size);
        }

        @Override
        public void read(long position, ByteBuffer target) {
            for (long at = position; target.hasRemaining();) {
                byte[] block = blocks.get((int) (at / BLOCK));
                int from = (int) (at % BLOCK);
                int length = Math.min(target.remaining(), block.length - from);
                target.put(block, from, length);
                at += length;
            }
        }

        @Override
        public void close() {
            // There is nothing but memory.
        }
    }
}
