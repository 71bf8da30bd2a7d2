package io.demitasse.serve;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Whether a client is still there. The JDK's server notices only when it writes an answer, so this asks Linux, which
 * lists all connections in {@code /proc/net/tcp} and {@code tcp6}: one that the client has closed, or half of it, is not
 * established any more. Where there are no such tables, or they do not list this server, nobody is known to have gone.
 */
final class Connections {

    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final String ESTABLISHED = "01";
    private static final String LISTENING = "0A";
    /** How long a reading of the tables serves all who ask. */
    private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final List<Path> tables;
    private final String hexPort;
    private Set<InetSocketAddress> clients = Set.of();
    private boolean known;
    private long read;

    /** @param port what the server listens on */
    Connections(int port) {
        this(port, TABLES);
    }

    Connections(int port, List<Path> tables) {
        this.hexPort = String.format(":%04X", port);
        this.tables = tables;
        this.read = System.nanoTime() - FRESH_NANOS;
    }

    /**
     * Whether this client has gone. While connections come and go the kernel may leave one out of a listing, so who acts
     * on it asks again first, half a second later.
     */
    synchronized boolean gone(InetSocketAddress client) {
        if (System.nanoTime() - read >= FRESH_NANOS) {
            refresh();
            read = System.nanoTime();
        }
        return known && !clients.contains(client);
    }

    private void refresh() {
        Set<InetSocketAddress> found = new HashSet<>();
        boolean listed = false;
        boolean broken = false;
        for (Path table : tables) {
            try {
                for (String line : Files.readAllLines(table, StandardCharsets.US_ASCII)) {
                    listed |= addClient(line.strip().split("\\s+"), found);
                }
            } catch (NoSuchFileException e) {
                // One without IPv6, or another system.
            } catch (IOException | IllegalArgumentException e) {
                broken = true;
            }
        }
        known = listed && !broken;
        clients = found;
    }

    /**
     * Takes a line's columns: number, local address, remote address, state, and more.
     *
     * @return whether the line is that of the server itself
     */
    private boolean addClient(String[] columns, Set<InetSocketAddress> found) throws UnknownHostException {
        if (columns.length < 4 || !columns[1].endsWith(hexPort)) {
            return false;
        }
        if (columns[3].equals(ESTABLISHED)) {
            String[] remote = columns[2].split(":");
            found.add(new InetSocketAddress(address(remote[0]), Integer.parseInt(remote[1], 16)));
        }
        return columns[3].equals(LISTENING);
    }

    /** An address of one or four words, each written as a number, so its bytes stand as the machine keeps numbers. */
    private static InetAddress address(String hex) throws UnknownHostException {
        byte[] bytes = HexFormat.of().parseHex(hex);
        if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            for (int word = 0; word < bytes.length; word += 4) {
                for (int i = 0; i < 2; i++) {
                    byte swapped = bytes[word + i];
                    bytes[word + i] = bytes[word + 3 - i];
                    bytes[word + 3 - i] = swapped;
                }
            }
        }
        return InetAddress.getByAddress(bytes);     // an IPv4 address in IPv6 becomes one of IPv4
    }
}
