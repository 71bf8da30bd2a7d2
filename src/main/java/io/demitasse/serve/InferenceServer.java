package io.demitasse.serve;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves a model by HTTP, on the JDK's own server, until it is closed. Does not close the model.
 *
 * <p>The JDK's server takes its time limits from system properties of the whole JVM, which a library leaves alone: an
 * app that serves strangers sets {@code sun.net.httpserver.maxReqTime} and {@code sun.net.httpserver.maxRspTime} (both
 * in seconds, and unlimited otherwise), as the command line does.
 */
public final class InferenceServer implements AutoCloseable {

    /** Requests at a time; each has a thread, which mostly waits. The connection of one more is closed. */
    static final int THREADS = 512;

    private static final int BACKLOG = 1024;
    /** How long requests that are being answered may take when the server stops. */
    private static final int GRACE_SECONDS = 8;

    private final HttpServer http;
    private final ThreadPoolExecutor threads;
    private final Router router;
    private final Batcher batcher;

    private InferenceServer(HttpServer http, ThreadPoolExecutor threads, Router router, Batcher batcher) {
        this.http = http;
        this.threads = threads;
        this.router = router;
        this.batcher = batcher;
    }

    /**
     * Starts a server.
     *
     * @throws IOException if it cannot listen at the address
     */
    public static InferenceServer start(ServedModel model, ServerOptions options) throws IOException {
        HttpServer http = listen(options);
        Metrics metrics = new Metrics();
        Batcher batcher = new Batcher(options.batchTokens(), options.queueTokens(), metrics);
        InetSocketAddress address = http.getAddress();
        Router router = new Router(new Routes(new Endpoints(model, options, metrics).routes()),
                new Guard(options, address.getAddress().isLoopbackAddress()), new Bodies(options.maxBodyBytes()), batcher,
                new Connections(address.getPort()), metrics);
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(0, THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(),
                task -> new Thread(task, "demitasse-http-" + number.incrementAndGet()));
        http.setExecutor(threads);
        http.createContext("/", router);
        http.start();
        return new InferenceServer(http, threads, router, batcher);
    }

    private static HttpServer listen(ServerOptions options) throws IOException {
        String where = options.host() + ":" + options.port();
        try {
            InetAddress address = InetAddress.getByName(options.host());
            return HttpServer.create(new InetSocketAddress(address, options.port()), BACKLOG);
        } catch (UnknownHostException e) {
            throw new IOException("cannot listen on " + where + ": no such host", e);
        } catch (IOException e) {
            throw new IOException("cannot listen on " + where + ": " + e.getMessage(), e);
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return http.getAddress();
    }

    /** Stops listening, answers what it has begun to answer, for at most 8 seconds, and ends its threads. */
    @Override
    public void close() {
        router.stop();
        // This closes the listening socket at once and then waits, on some JDKs to the end though nothing goes on.
        Thread stopping = new Thread(() -> http.stop(GRACE_SECONDS), "demitasse-http-stop");
        stopping.start();
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
            do {
                Thread.sleep(20);
            } while (threads.getActiveCount() > 0 && System.nanoTime() < deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.stop(0);
        batcher.close();
        threads.shutdownNow();
    }
}
