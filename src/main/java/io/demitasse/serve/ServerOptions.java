package io.demitasse.serve;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens and how much it takes. Start from {@link #defaults()} and change what should be different.
 *
 * @param host the name or address to listen on
 * @param port the port to listen on; 0 for any that is free
 * @param token what every request must bring as {@code Authorization: Bearer TOKEN}, but for the page and
 *     {@code /health}; null for none
 * @param allowedHosts the names under which the server may be asked, beside those of the loopback address; {@code *} is
 *     any. If there are none, a server on the loopback address answers to its names alone, another one to all
 * @param cors the origins whose pages may use the server, as {@code https://example.com}; {@code *} is any
 * @param maxBodyBytes the largest body of a request
 * @param maxTexts the most texts a request may have
 * @param batchTokens how many tokens are computed together; a longer text goes alone
 * @param queueTokens how many tokens may wait; a request that would make it more is turned away, unless none wait. Of
 *     one request a sixteenth of this is counted at most, and large requests may have three quarters of it
 * @param inspections whether {@code /inspect} shows how a text came to its label. One is made at a time, but the first
 *     takes as much memory as the model has in float32, and keeps it; that is read from the model's file again.
 *     Where so much does not seem to be free, the garbage collector is run first, every 10 seconds at most
 */
public record ServerOptions(String host, int port, @Nullable String token, List<String> allowedHosts,
        List<String> cors, int maxBodyBytes, int maxTexts, int batchTokens, int queueTokens, boolean inspections) {

    private static final Pattern HOST = Pattern.compile("\\*|[^\\s:/\\[\\]]+|\\[[0-9a-f:.]+]");
    private static final Pattern ORIGIN = Pattern.compile("\\*|null|"
            + "[a-z][a-z0-9+.-]*://([^\\s/?#\\[\\]]+|\\[[0-9a-f:.]+](:\\d+)?)");

    /**
     * Throws IllegalArgumentException if a number is out of its range, a name is none, or the token is one that no
     * request can bring.
     */
    public ServerOptions {
        Objects.requireNonNull(host, "host");
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port must be 0 to 65535, not " + port);
        }
        if (token != null) {
            checkToken(token);
        }
        allowedHosts = allowedHosts.stream().map(name -> checked("an allowed host", HOST, name,
                "a name or address without scheme and port, as example.com")).toList();
        cors = cors.stream().map(origin -> checked("an origin", ORIGIN, origin.replaceFirst("(?<=[^/])/$", ""),
                "scheme, name and port, as https://example.com:8443")
                .replaceFirst("^(http:.*):80$|^(https:.*):443$", "$1$2")).toList();
        positive("the body limit", maxBodyBytes);
        positive("the limit of texts a request", maxTexts);
        positive("the limit of tokens a batch", batchTokens);
        positive("the limit of waiting tokens", queueTokens);
    }

    /** The loopback address, port 8080, no token, and limits that suit a few cores. */
    public static ServerOptions defaults() {
        return new ServerOptions("127.0.0.1", 8080, null, List.of(), List.of(), 2_000_000, 32, 512, 4096, true);
    }

    public ServerOptions withAddress(String host, int port) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    public ServerOptions withToken(@Nullable String token) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** With further names under which the server may be asked. */
    public ServerOptions withAllowedHosts(List<String> allowedHosts) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** With origins whose pages may use the server. */
    public ServerOptions withCors(List<String> cors) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** With other limits of what one request may hold. */
    public ServerOptions withRequestLimits(int maxBodyBytes, int maxTexts) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** With other limits of what is computed together and what waits for it. */
    public ServerOptions withTokenLimits(int batchTokens, int queueTokens) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** With or without {@code /inspect}. */
    public ServerOptions withInspections(boolean inspections) {
        return new ServerOptions(host, port, token, allowedHosts, cors, maxBodyBytes, maxTexts, batchTokens, queueTokens,
                inspections);
    }

    /** The message never holds the token: it goes to terminals and logs. */
    private static void checkToken(String token) {
        if (token.isBlank()) {
            throw new IllegalArgumentException("the token is empty");
        }
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c == '\n' || c == '\r') {
                throw new IllegalArgumentException("the token has several lines, which no header can bring");
            }
            if (c < ' ' || c > '~') {
                throw new IllegalArgumentException("the token's character " + (i + 1)
                        + " is not printable ASCII, so no header can bring it");
            }
        }
        if (!token.equals(token.strip())) {
            throw new IllegalArgumentException("the token has spaces around it, which a header does not keep");
        }
    }

    private static String checked(String what, Pattern pattern, String value, String expected) {
        String lower = value.toLowerCase(Locale.ROOT);
        if (!pattern.matcher(lower).matches()) {
            throw new IllegalArgumentException(what + " is " + expected + ", not " + value);
        }
        return lower;
    }

    private static void positive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be at least 1, not " + value);
        }
    }
}
