package io.demitasse.serve;

import com.sun.net.httpserver.HttpExchange;
import io.demitasse.serve.RequestException.Kind;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;

/**
 * The bodies of requests, within two limits: the bytes of one, and of all that are worked on at a time. The first bytes
 * of each are free, so that large ones do not shut out small ones; there are no more of them than threads.
 */
final class Bodies {

    /** What all bodies together may have; requests beyond it are turned away until others are answered. */
    private static final int ALL_BYTES = 16 << 20;
    private static final int CHUNK = 16 << 10;
    /** How much of a body that is not wanted is read, so that its sender gets to hear why. */
    private static final long MOST_DRAINED = 64 << 20;

    private final int maxBytes;
    private final Semaphore chunks = new Semaphore(ALL_BYTES / CHUNK);

    Bodies(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** A request's body. Close it when its texts are no longer needed: until then they count as held. */
    InputStream open(InputStream body) {
        return new Body(body);
    }

    /** Reads on to the end: a connection closed with bytes unread is reset, and the sender loses the answer. */
    static void drain(HttpExchange exchange) throws IOException {
        InputStream in = exchange.getRequestBody();
        byte[] chunk = new byte[CHUNK];
        long drained = 0;
        for (int n; drained < MOST_DRAINED && (n = in.read(chunk)) > 0;) {
            drained += n;
        }
    }

    /** Throws RequestException where a limit is reached. */
    private final class Body extends FilterInputStream {

        private int bytes;
        private int held;       // chunks

        Body(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            bytes += Math.max(n, 0);
            if (bytes > maxBytes) {
                throw new RequestException(Kind.TOO_LARGE, "the body has more than " + maxBytes
                        + " bytes, the most that this server takes");
            }
            while ((held + 1L) * CHUNK < bytes) {
                if (!chunks.tryAcquire()) {
                    throw new RequestException(Kind.OVERLOADED, "too many large requests at once: try again later");
                }
                held++;
            }
            return n;
        }

        @Override
        public void close() {
            chunks.release(held);
            held = 0;
        }
    }
}
