package io.demitasse.cli;

import io.demitasse.Pooling;
import io.demitasse.Tasks;
import io.demitasse.serve.InferenceServer;
import io.demitasse.serve.ServedModel;
import io.demitasse.serve.ServerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(description = "Serves the model by HTTP, with the API of text-embeddings-inference.",
        footer = {"", "Ends on SIGTERM or Ctrl-C, after answering what it has begun to answer."})
final class ServeCommand implements Callable<Integer> {

    /**
     * The JDK's server: its time limits in seconds, how many connections there may be (on JDK 17 without effect) and
     * may be kept open between requests, and that small answers go out at once. The time of an answer begins with the
     * end of its request, so it has to do for large ones that wait for each other. They hold for the whole JVM, which
     * here is the command's own. The user's -D goes first.
     */
    private static final Map<String, String> HTTP_PROPERTIES = Map.of(
            "sun.net.httpserver.maxReqTime", "20",
            "sun.net.httpserver.maxRspTime", "300",
            "sun.net.httpserver.idleInterval", "60",
            "sun.net.httpserver.maxIdleConnections", "1024",
            "sun.net.httpserver.nodelay", "true",
            "jdk.httpserver.maxConnections", "2048");
    /** The JDK's log takes two lines for each that it writes, unless told otherwise. */
    private static final String LOG_FORMAT = "%1$tF %1$tT %4$s %5$s%6$s%n";

    /** No token is longer; what is was another file. */
    private static final int LONGEST_TOKEN = 8192;

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOptions model;

    @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1",
            description = "The address to listen on (default ${DEFAULT-VALUE}: this machine only).")
    String host;

    @Option(names = "--port", paramLabel = "PORT", defaultValue = "8080",
            description = "The port to listen on (default ${DEFAULT-VALUE}); 0 for any free one.")
    int port;

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "Answer only those who send Authorization: Bearer and the token that stands in FILE.")
    Path tokenFile;

    @Option(names = "--allowed-host", paramLabel = "NAME", split = ",",
            description = "A name under which the server may be asked; once or more, * for any. On the loopback address "
            + "it otherwise answers to localhost, 127.0.0.1 and [::1] alone.")
    List<String> allowedHosts = List.of();

    @Option(names = "--cors", paramLabel = "ORIGIN", split = ",",
            description = "Where a web page comes from that may use the server, as https://example.com; once or more, "
            + "* for any. Without it, pages of other origins are refused.")
    List<String> cors = List.of();

    @Option(names = "--embeddings", description = "Serve the model for vectors that comes with the project, if --model names "
            + "no other.")
    boolean embeddings;

    @Option(names = "--served-model-name", paramLabel = "NAME",
            description = "What the model is called in answers; by default as its file.")
    String servedModelName;

    @Option(names = "--pooling", paramLabel = "mean|cls|max|mean_sqrt_len",
            description = "What vectors are made of; by default as the model's own files say, or the mean of all tokens.")
    Pooling pooling;

    @Option(names = "--payload-limit", paramLabel = "BYTES", description = "The largest body (default 2000000).")
    Integer payloadLimit;

    @Option(names = "--max-client-batch-size", paramLabel = "N", description = "The most texts a request (default 32).")
    Integer maxTexts;

    @Option(names = "--max-batch-tokens", paramLabel = "N", description = "Tokens computed together (default 512).")
    Integer batchTokens;

    @Option(names = "--max-queue-tokens", paramLabel = "N",
            description = "Tokens that may wait before requests are turned away, a large request counting as a "
            + "sixteenth of them (default 4096).")
    Integer queueTokens;

    @Option(names = "--no-inspect", description = "Do without /inspect, whose first page takes as much memory as the model "
            + "has in float32.")
    boolean noInspect;

    @Override
    public Integer call() throws IOException, InterruptedException {
        HTTP_PROPERTIES.forEach(ServeCommand::setUnlessSet);
        if (System.getProperty("java.util.logging.config.file") == null) {
            setUnlessSet("java.util.logging.SimpleFormatter.format", LOG_FORMAT);
        }
        ServerOptions options = options();
        ServedModel served = ServedModel.load(embeddings ? model.file(Tasks.named("feature-extraction")) : model.file(),
                model.options(), pooling);
        InferenceServer server;
        try {
            server = InferenceServer.start(served, options);
        } catch (IOException e) {
            served.close();
            throw e;
        }
        Thread end = new Thread(() -> {
            server.close();
            served.close();
            // Asked to end, it has ended as asked; Java would say 143.
            Runtime.getRuntime().halt(CommandLine.ExitCode.OK);
        }, "demitasse-shutdown");
        Runtime.getRuntime().addShutdownHook(end);
        try {
            announce(server.address(), options);
        } catch (RuntimeException e) {
            // Nobody would hear where it listens. It ends by itself, not as asked, and with the failure's exit code.
            withdraw(end);
            server.close();
            served.close();
            throw e;
        }
        new CountDownLatch(1).await();
        return CommandLine.ExitCode.OK;
    }

    private static void setUnlessSet(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    private static void withdraw(Thread end) {
        try {
            Runtime.getRuntime().removeShutdownHook(end);
        } catch (IllegalStateException e) {
            // It has been asked to end in the meantime.
        }
    }

    private ServerOptions options() throws IOException {
        try {
            ServerOptions defaults = ServerOptions.defaults();
            return defaults.withAddress(host, port).withToken(token()).withInspections(!noInspect)
                    .withServedModelName(servedModelName)
                    .withAllowedHosts(allowedHosts).withCors(cors)
                    .withRequestLimits(payloadLimit == null ? defaults.maxBodyBytes() : payloadLimit,
                            maxTexts == null ? defaults.maxTexts() : maxTexts)
                    .withTokenLimits(batchTokens == null ? defaults.batchTokens() : batchTokens,
                            queueTokens == null ? defaults.queueTokens() : queueTokens);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** The token in the file; what no request could bring is refused now, not with every request. */
    private @Nullable String token() throws IOException {
        if (tokenFile == null) {
            return null;
        }
        if (Files.isDirectory(tokenFile)) {
            throw new IllegalArgumentException("--token-file " + tokenFile + " is a folder, not a file with a token");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(tokenFile)) {
            bytes = in.readNBytes(LONGEST_TOKEN + 1);
        }
        if (bytes.length > LONGEST_TOKEN) {
            throw new IllegalArgumentException("--token-file " + tokenFile + " has more than " + LONGEST_TOKEN
                    + " bytes, which no header can bring");
        }
        try {
            String token = new String(bytes, StandardCharsets.ISO_8859_1).strip();
            ServerOptions.defaults().withToken(token);
            return token;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--token-file " + tokenFile + ": " + e.getMessage(), e);
        }
    }

    private void announce(InetSocketAddress address, ServerOptions options) {
        String name = address.getAddress().getHostAddress();
        String host = name.contains(":") ? "[" + name + "]" : name;     // IPv6
        try (Output output = new Output()) {
            output.line("listening on http://" + host + ":" + address.getPort());
        }
        if (!address.getAddress().isLoopbackAddress() && options.token() == null) {
            spec.commandLine().getErr().println("demitasse: whoever reaches " + name
                    + " can use this server; --token-file asks for a token");
        }
    }
}
