package io.demitasse.serve;

import com.sun.net.httpserver.HttpExchange;
import io.demitasse.serve.RequestException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** Reads bodies within two limits: one body's bytes, and the bytes of all bodies that are held at a time. */
final class BodyReader {

    /** What all bodies together may take; those beyond it are turned away until there is room. */
    private static final int ALL_BODIES = 64 << 20;
    private static final int CHUNK = 16 << 10;
    /** How much of a body that is not wanted is read, so that its sender gets to hear why. */
    private static final long LONGEST_REFUSED = 64 << 20;

    private final int maxBytes;
    private final Semaphore chunks = new Semaphore(ALL_BODIES / CHUNK);

    BodyReader(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Reads a body, in UTF-8, and gives it to the parser.
     *
     * @throws RequestException if it is too large, there is no room for it now, or it is not UTF-8
     */
    <T> T read(HttpExchange exchange, Function<String, T> parser) throws IOException {
        int held = 0;
        try {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            InputStream in = exchange.getRequestBody();
            byte[] chunk = new byte[CHUNK];
            for (int n; (n = in.readNBytes(chunk, 0, CHUNK)) > 0;) {
                if (body.size() + n > maxBytes) {
                    throw new RequestException(Kind.TOO_LARGE, "the body has more than " + maxBytes
                            + " bytes, the most that this server takes");
                }
                if (!chunks.tryAcquire()) {
                    throw new RequestException(Kind.OVERLOADED, "too many large requests at once");
                }
                held++;
                body.write(chunk, 0, n);
            }
            return parser.apply(decode(body.toByteArray()));
        } finally {
            chunks.release(held);
        }
    }

    private static String decode(byte[] bytes) {
        try {
            // A new decoder reports what is not UTF-8; new String would put U+FFFD in its place.
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new RequestException(Kind.MALFORMED, "the body is not UTF-8");
        }
    }

    /** Reads on to the end: a connection closed with bytes unread is reset, and the sender loses the answer. */
    static void drain(HttpExchange exchange) throws IOException {
        InputStream in = exchange.getRequestBody();
        byte[] chunk = new byte[CHUNK];
        long drained = 0;
        for (int n; drained < LONGEST_REFUSED && (n = in.read(chunk)) > 0;) {
            drained += n;
        }
    }
}
