package io.demitasse.file;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * What a gzip file holds, of one member or of several end to end. Java's own GZIPInputStream takes a damaged member behind
 * the first for the end of the file, and what was in it would be lost in silence; here it is a ZipException, as all damage.
 */
public final class GzipStream extends InputStream {

    private static final int MAGIC = 0x8B1F;
    private static final int DEFLATE = 8;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xE0;

    private final InputStream source;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private int limit;
    private boolean any;            // member, so far
    private boolean inMember;
    private boolean ended;

    /**
     * @param source closed with this
     */
    public GzipStream(InputStream source) {
        this.source = source;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (inMember || nextMember()) {
            int count = inflate(bytes, offset, length);
            if (count > 0) {
                checksum.update(bytes, offset, count);
                return count;
            }
            if (inflater.finished()) {
                endMember();
            }
        }
        return -1;
    }

    /** More than nothing until the end is reached, as of Java's own. */
    @Override
    public int available() {
        return ended ? 0 : 1;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        source.close();
    }

    private int inflate(byte[] bytes, int offset, int length) throws IOException {
        if (inflater.needsInput()) {
            if (at == limit && !fill()) {
                throw cut();
            }
            inflater.setInput(buffer, at, limit - at);
        }
        try {
            int count = inflater.inflate(bytes, offset, length);
            at = limit - inflater.getRemaining();
            if (inflater.needsDictionary()) {
                throw new ZipException("damaged gzip data: it needs a dictionary");
            }
            return count;
        } catch (DataFormatException e) {
            throw new ZipException("damaged gzip data" + (e.getMessage() == null ? "" : ": " + e.getMessage()));
        }
    }

    /** Reads a member's header; false at the end of the file. */
    private boolean nextMember() throws IOException {
        if (ended || at == limit && !fill()) {
            ended = true;
            return false;
        }
        CRC32 header = new CRC32();
        if (number(2, header) != MAGIC) {
            throw new ZipException(!any ? "not in gzip format, though its name says so"
                    : "damaged gzip data: something else stands behind a whole member");
        }
        if (number(1, header) != DEFLATE) {
            throw new ZipException("damaged gzip data: an unknown method of compression");
        }
        int flags = (int) number(1, header);
        if ((flags & RESERVED) != 0) {
            throw new ZipException("damaged gzip data: unknown flags");
        }
        skip(6, header);                        // time, extra flags, system
        if ((flags & EXTRA) != 0) {
            skip((int) number(2, header), header);
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && number(1, header) != 0) {
                // It ends with a zero.
            }
        }
        long computed = header.getValue() & 0xFFFF;
        if ((flags & HEADER_CHECKSUM) != 0 && number(2, header) != computed) {
            throw new ZipException("damaged gzip data: the header's checksum is wrong");
        }
        inflater.reset();
        checksum.reset();
        any = true;
        inMember = true;
        return true;
    }

    private void endMember() throws IOException {
        CRC32 unused = new CRC32();
        if (number(4, unused) != checksum.getValue()) {
            throw new ZipException("damaged gzip data: the checksum is wrong");
        }
        if (number(4, unused) != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
            throw new ZipException("damaged gzip data: the length is wrong");
        }
        inMember = false;
    }

    /** The next bytes as a number, the lowest first. */
    private long number(int bytes, CRC32 header) throws IOException {
        long number = 0;
        for (int i = 0; i < bytes; i++) {
            if (at == limit && !fill()) {
                throw cut();
            }
            header.update(buffer[at]);
            number |= (long) (buffer[at++] & 0xFF) << 8 * i;
        }
        return number;
    }

    private void skip(int bytes, CRC32 header) throws IOException {
        for (int i = 0; i < bytes; i++) {
            number(1, header);
        }
    }

    private static ZipException cut() {
        return new ZipException("damaged gzip data: it ends too early");
    }

    private boolean fill() throws IOException {
        at = 0;
        limit = Math.max(0, source.read(buffer));
        return limit > 0;
    }
}
