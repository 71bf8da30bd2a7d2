package io.demitasse.serve;

import io.demitasse.Options;
import io.demitasse.Pooling;
import io.demitasse.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** The tiny model with a few words, served on a free port. */
record Served(ServedModel model, Path file, InferenceServer server, ServeClient client) implements AutoCloseable {

    static Served tiny(UnaryOperator<ServerOptions> change) {
        try {
            return of(TestModels.tinyWithWords(Files.createTempDirectory("demitasse").resolve("tiny.flat")), change);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A model's file, which is deleted with its folder in the end. */
    static Served of(Path file, UnaryOperator<ServerOptions> change) {
        try {
            ServedModel model = ServedModel.load(file, Options.defaults().withThreads(1), Pooling.MEAN);
            ServerOptions options = change.apply(ServerOptions.defaults().withAddress("127.0.0.1", 0));
            InferenceServer server = InferenceServer.start(model, options);
            return new Served(model, file, server, new ServeClient(base(server), options.token()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Served tiny() {
        return tiny(options -> options);
    }

    static String base(InferenceServer server) {
        return "http://127.0.0.1:" + server.address().getPort();
    }

    String base() {
        return base(server);
    }

    @Override
    public void close() {
        server.close();
        model.close();
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
