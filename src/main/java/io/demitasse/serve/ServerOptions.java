package io.demitasse.serve;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens and how much it takes. Start from {@link #defaults()} and change what should be different.
 *
 * @param host the name or address to listen on
 * @param port the port to listen on; 0 for any that is free
 * @param token what every request must bring as {@code Authorization: Bearer TOKEN}, but for the page and
 *     {@code /health}; null for none
 * @param maxBodyBytes the largest body of a request
 * @param maxTexts the most texts a request may have
 * @param batchTokens how many tokens are computed together; a longer text goes alone
 * @param queueTokens how many tokens may wait; a request that would make it more is turned away, unless none wait
 * @param inspections whether {@code /inspect} shows how a text came to its label. One is made at a time, but the first
 *     takes as much memory as the model has in float32, and keeps it; that is read from the model's file again
 */
public record ServerOptions(String host, int port, @Nullable String token, int maxBodyBytes, int maxTexts,
        int batchTokens, int queueTokens, boolean inspections) {

    /** Throws IllegalArgumentException if a number is out of its range, or the token empty. */
    public ServerOptions {
        Objects.requireNonNull(host, "host");
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port must be 0 to 65535, not " + port);
        }
        if (token != null && token.isBlank()) {
            throw new IllegalArgumentException("the token is empty");
        }
        positive("the body limit", maxBodyBytes);
        positive("the limit of texts a request", maxTexts);
        positive("the limit of tokens a batch", batchTokens);
        positive("the limit of waiting tokens", queueTokens);
    }

    /** The loopback address, port 8080, no token, and limits that suit a few cores. */
    public static ServerOptions defaults() {
        return new ServerOptions("127.0.0.1", 8080, null, 2_000_000, 32, 512, 4096, true);
    }

    public ServerOptions withAddress(String host, int port) {
        return new ServerOptions(host, port, token, maxBodyBytes, maxTexts, batchTokens, queueTokens, inspections);
    }

    public ServerOptions withToken(@Nullable String token) {
        return new ServerOptions(host, port, token, maxBodyBytes, maxTexts, batchTokens, queueTokens, inspections);
    }

    /** With other limits of what one request may hold. */
    public ServerOptions withRequestLimits(int maxBodyBytes, int maxTexts) {
        return new ServerOptions(host, port, token, maxBodyBytes, maxTexts, batchTokens, queueTokens, inspections);
    }

    /** With other limits of what is computed together and what waits for it. */
    public ServerOptions withTokenLimits(int batchTokens, int queueTokens) {
        return new ServerOptions(host, port, token, maxBodyBytes, maxTexts, batchTokens, queueTokens, inspections);
    }

    /** With or without {@code /inspect}. */
    public ServerOptions withInspections(boolean inspections) {
        return new ServerOptions(host, port, token, maxBodyBytes, maxTexts, batchTokens, queueTokens, inspections);
    }

    private static void positive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be at least 1, not " + value);
        }
    }
}
