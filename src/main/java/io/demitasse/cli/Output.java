package io.demitasse.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/** Results, line by line, on stdout or in a file, in UTF-8. */
final class Output implements AutoCloseable {

    /** Whoever read stdout has had enough: no failure to talk about. */
    static final class ClosedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ClosedException(IOException cause) {
            super(cause);
        }
    }

    /** Made when the first object is written: making it takes longer than many a text. */
    private static final class Json {
        static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();
    }

    private final BufferedWriter writer;
    private final String name;

    /** On stdout. */
    Output() {
        this(new FileOutputStream(FileDescriptor.out), "stdout");
    }

    /**
     * @param name what messages call it
     */
    Output(OutputStream stream, String name) {
        this.writer = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
        this.name = name;
    }

    void line(String text) {
        try {
            writer.write(text);
            writer.write('\n');
        } catch (IOException e) {
            throw failure(e);
        }
    }

    void json(Object value) {
        line(Json.GSON.toJson(value));
    }

    /** Writes what is too long for a string. */
    @FunctionalInterface
    interface Writing {
        void to(Writer writer) throws IOException;
    }

    void stream(Writing writing) {
        try {
            writing.to(writer);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    void flush() {
        try {
            writer.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private RuntimeException failure(IOException e) {
        if (String.valueOf(e.getMessage()).contains("Broken pipe")) {
            return new ClosedException(e);
        }
        return new UncheckedIOException("cannot write to " + name + ": " + e.getMessage(), e);
    }

    @Override
    public void close() {
        flush();
    }
}
