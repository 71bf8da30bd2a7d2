package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;

/** Beside Java's own, whose GZIPOutputStream writes what is read here. */
class GzipStreamTest {

    private static final byte[] CONTENT = content(5000, 1);

    private static byte[] content(int length, int seed) {
        Random random = new Random(seed);
        byte[] content = new byte[length];
        for (int i = 0; i < length; i++) {
            content[i] = (byte) ('a' + random.nextInt(6));
        }
        return content;
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    private static byte[] read(byte[] bytes) throws IOException {
        // A few bytes at a time, so that every field is cut somewhere.
        try (InputStream stream = new GzipStream(new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 7));
            }
        })) {
            return stream.readAllBytes();
        }
    }

    @Test
    void readsMembersEndToEnd() throws IOException {
        byte[] more = content(300_000, 2);
        assertThat(read(gzip(CONTENT))).isEqualTo(CONTENT);
        assertThat(read(gzip(new byte[0]))).isEmpty();
        assertThat(read(new byte[0])).isEmpty();
        assertThat(read(join(gzip(CONTENT), gzip(new byte[0]), gzip(more)))).isEqualTo(join(CONTENT, more));
    }

    @Test
    void readsHeadersWithAllThatTheyMayHave() throws IOException {
        byte[] plain = gzip(CONTENT);
        byte[] header = join(Arrays.copyOf(plain, 10), new byte[] {3, 0, 1, 2, 3}, "a name\0".getBytes(), "a comment\0"
                .getBytes());
        header[3] = 2 | 4 | 8 | 16;
        CRC32 crc = new CRC32();
        crc.update(header);
        byte[] sum = {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
        byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
        assertThat(read(join(header, sum, rest))).isEqualTo(CONTENT);
        sum[0] ^= 1;
        assertThatThrownBy(() -> read(join(header, sum, rest))).isInstanceOf(ZipException.class)
                .hasMessageContaining("the header's checksum is wrong");
    }

    /** Java's own gives the first member and says nothing. */
    @Test
    void noDamageGoesUnnoticed() throws IOException {
        byte[] two = join(gzip(CONTENT), gzip(content(500, 3)));
        byte[] whole = read(two);
        int second = gzip(CONTENT).length;
        int same = 0;
        for (int i = 0; i < two.length; i++) {
            byte[] damaged = two.clone();
            damaged[i] ^= 0x10;
            try {
                // Time, extra flags and system are for nobody to check.
                assertThat(read(damaged)).as("byte " + i).isEqualTo(whole);
                same++;
            } catch (ZipException e) {
                assertThat(e).hasMessageMatching(i < 2 ? "not in gzip format.*" : "damaged gzip data.*");
            }
        }
        assertThat(same).isBetween(12, 14);
        for (int length = 1; length < two.length; length++) {
            byte[] cut = Arrays.copyOf(two, length);
            if (length == second) {
                assertThat(read(cut)).isEqualTo(CONTENT);
            } else {
                assertThatThrownBy(() -> read(cut)).isInstanceOf(ZipException.class);
            }
        }
        assertThatThrownBy(() -> read(join(two, new byte[] {0}))).hasMessageContaining("damaged gzip data");
    }
}
