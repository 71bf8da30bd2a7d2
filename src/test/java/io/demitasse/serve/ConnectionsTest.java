package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionsTest {

    private static final String HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";

    @TempDir
    Path folder;

    @Test
    void whoIsNotEstablishedHasGone() throws IOException {
        Assumptions.assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the tables are those of such a machine");
        Path four = Files.writeString(folder.resolve("tcp"), HEADER
                + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n"
                + "   1: 0100007F:1F90 0100007F:CC10 01 00000000:00000000 00:00000000 00000000\n"
                + "   2: 0100007F:1F90 0100007F:CC11 08 00000000:00000001 00:00000000 00000000\n"
                + "   3: 0100007F:1F91 0100007F:CC12 01 00000000:00000001 00:00000000 00000000\n");
        Path six = Files.writeString(folder.resolve("tcp6"), HEADER
                + "   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200A8C0:CC10 01 00000000:00000000\n"
                + "   1: 00000000000000000000000001000000:1F90 B80D0120000000000000000001000000:CC10 01 00000000:00000000\n");
        Connections connections = new Connections(8080, List.of(four, six));
        assertThat(connections.gone(new InetSocketAddress("127.0.0.1", 0xCC10))).isFalse();
        assertThat(connections.gone(new InetSocketAddress("127.0.0.1", 0xCC11))).as("has closed it").isTrue();
        assertThat(connections.gone(new InetSocketAddress("127.0.0.1", 0xCC12))).as("of another server").isTrue();
        assertThat(connections.gone(new InetSocketAddress("127.0.0.1", 0xCC13))).as("in no table").isTrue();
        assertThat(connections.gone(new InetSocketAddress("192.168.0.2", 0xCC10))).as("IPv4 in IPv6").isFalse();
        assertThat(connections.gone(new InetSocketAddress("192.168.0.3", 0xCC10))).isTrue();
        assertThat(connections.gone(new InetSocketAddress("2001:db8::1", 0xCC10))).isFalse();
    }

    @Test
    void whereThereAreNoTablesNobodyHasGone() throws IOException {
        InetSocketAddress client = new InetSocketAddress("127.0.0.1", 1);
        assertThat(new Connections(8080, List.of(folder.resolve("none"))).gone(client)).isFalse();
        Path nonsense = Files.writeString(folder.resolve("nonsense"), "a b:1F90 0:e 0A f\n1 2:1F90 xyz:0 01\nx\n\n");
        assertThat(new Connections(8080, List.of(nonsense)).gone(client)).as("one that cannot be read").isFalse();
        Path other = Files.writeString(folder.resolve("other"), HEADER
                + "   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n");
        assertThat(new Connections(8080, List.of(other)).gone(client)).as("one without this server").isFalse();
    }
}
