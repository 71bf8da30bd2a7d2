package io.demitasse.serve;

import com.sun.net.httpserver.Headers;
import io.demitasse.serve.RequestException.Kind;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask. A server on one's own machine can be reached by every page that the browser there shows, with simple
 * requests, or by a name that the page's owner lets point to 127.0.0.1 (DNS rebinding). So names, origins and types are
 * looked at before anything is done.
 */
final class Guard {

    private static final Pattern IPV4_LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("\\[([0-9a-f:.]+)]");
    private static final Pattern JSON = Pattern.compile("(application|text)/json|application/[a-z0-9.+-]+\\+json");
    private static final Pattern CHARSET = Pattern.compile("\\s*charset\\s*=\\s*\"?(utf-?8|us-ascii)\"?\\s*");
    private static final Pattern BEARER = Pattern.compile("bearer +(.*)", Pattern.CASE_INSENSITIVE);

    private final ServerOptions options;
    private final boolean namesMatter;

    /** @param loopback whether the server can be reached from its own machine alone */
    Guard(ServerOptions options, boolean loopback) {
        this.options = options;
        this.namesMatter = loopback || !options.allowedHosts().isEmpty();
    }

    /**
     * Looks at the name under which it was asked, and at the page that asks.
     *
     * @return the origin that is allowed to read the answer, or null if no foreign page asks
     * @throws RequestException if one of them is foreign
     */
    @Nullable String admit(Headers headers, URI target) {
        List<String> hosts = headers.getOrDefault("Host", List.of());
        if (hosts.size() > 1) {
            throw new RequestException(Kind.MALFORMED, "the header Host is there twice");
        }
        // Without one it was no browser.
        String host = hosts.isEmpty() ? null : hosts.get(0).strip().toLowerCase(Locale.ROOT);
        checkHost(host);
        checkHost(target.getRawAuthority() == null ? null : target.getRawAuthority().toLowerCase(Locale.ROOT));
        String origin = headers.getFirst("Origin");
        if (origin == null || isOwn(origin, host)) {
            return null;
        }
        if (options.cors().contains("*") || options.cors().contains(origin.toLowerCase(Locale.ROOT))) {
            return origin;
        }
        throw new RequestException(Kind.FORBIDDEN, "pages of another origin may not ask this server, unless it was "
                + "started with --cors and their origin");
    }

    private void checkHost(@Nullable String authority) {
        if (!namesMatter || authority == null) {
            return;
        }
        String name = authority.replaceFirst(":\\d*$", "");
        if (!isLoopback(name) && !name.equals(options.host().toLowerCase(Locale.ROOT))
                && !options.allowedHosts().contains(name) && !options.allowedHosts().contains("*")) {
            throw new RequestException(Kind.FORBIDDEN, "this server does not answer to that name, unless it was started "
                    + "with --allowed-host and the name");
        }
    }

    /** Without asking the name service, whose answer is what cannot be relied on. */
    private static boolean isLoopback(String name) {
        if (name.equals("localhost") || IPV4_LOOPBACK.matcher(name).matches()) {
            return true;
        }
        var address = IPV6.matcher(name);
        try {
            return address.matches() && address.group(1).contains(":")
                    && InetAddress.getByName(address.group(1)).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Whether a page of this very server asks, perhaps through a proxy that brings TLS and keeps the name. */
    private static boolean isOwn(String origin, @Nullable String host) {
        String own = origin.toLowerCase(Locale.ROOT);
        return host != null && (own.equals("http://" + host.replaceFirst(":80$", ""))
                || own.equals("https://" + host.replaceFirst(":443$", "")));
    }

    /** Throws RequestException without the token, if there is one. */
    void authorize(Headers headers) {
        if (options.token() == null) {
            return;
        }
        String given = headers.getFirst("Authorization");
        var bearer = BEARER.matcher(given == null ? "" : given.strip());
        // Compared in a time that does not tell how much of it is right.
        if (!bearer.matches() || !MessageDigest.isEqual(bearer.group(1).getBytes(StandardCharsets.UTF_8),
                options.token().getBytes(StandardCharsets.UTF_8))) {
            throw new RequestException(Kind.UNAUTHORIZED, "this server wants a header Authorization: Bearer TOKEN");
        }
    }

    /** Throws RequestException unless the body is said to be JSON: other types a page may send without being asked. */
    void checkType(Headers headers) {
        String type = headers.getFirst("Content-Type");
        String[] parts = type == null ? new String[] {""} : type.toLowerCase(Locale.ROOT).split(";");
        boolean json = parts.length > 0 && JSON.matcher(parts[0].strip()).matches();
        for (int i = 1; json && i < parts.length; i++) {
            json = !parts[i].contains("charset") || CHARSET.matcher(parts[i]).matches();
        }
        if (!json) {
            throw new RequestException(Kind.NOT_JSON, "the body must be JSON in UTF-8, and the request say so with "
                    + "Content-Type: application/json");
        }
    }
}
