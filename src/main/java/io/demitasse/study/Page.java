package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import io.demitasse.study.Attribution.Method;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One HTML file that shows inspections and needs nothing else: its style, its script and all numbers stand in it. Small
 * numbers are JSON. Attention and cosines are 16-bit fixed-point numbers, compressed, in base64: a text of 512 tokens
 * has 19 million of them.
 */
public final class Page {

    /** What a probability of 1 is stored as; so it is off by 8e-6 at most. */
    static final int PROBABILITY_ONE = 0xFFFF;
    /** What a cosine of 1 is stored as; so it is off by 2e-5 at most. */
    static final int COSINE_ONE = 0x7FFF;

    /** Texts of up to so many tokens are explained by all methods. */
    private static final int SENTENCE = 64;
    /** Texts of up to so many tokens are explained at all. */
    private static final int EXPLAINED = 256;

    /** In the order in which they are put together into one script. */
    private static final List<String> SCRIPTS = List.of("text.js", "state.js", "paint.js", "elements.js", "sentence.js",
            "tokens.js", "attention-grid.js", "attention-matrix.js", "attention-lines.js", "attention.js", "chart.js",
            "lens.js", "projection.js", "hidden.js", "page.js");

    private final List<Inspection> inspections = new ArrayList<>();
    private final List<@Nullable Explanation> explanations = new ArrayList<>();

    /** How to explain a text without keeping a page's reader waiting: by all methods, by the cheapest, or not at all. */
    public static Set<Method> methods(Inspection inspection) {
        int tokens = inspection.tokens().size();
        if (tokens > EXPLAINED) {
            return EnumSet.noneOf(Method.class);
        }
        return tokens <= SENTENCE ? EnumSet.allOf(Method.class) : EnumSet.of(Method.GRADIENT_X_INPUT);
    }

    /**
     * Adds a text; several stand side by side.
     *
     * @param explanation what its words did for its label, or null
     */
    public Page add(Inspection inspection, @Nullable Explanation explanation) {
        inspections.add(inspection);
        explanations.add(explanation);
        return this;
    }

    /** Writes the page in UTF-8; the stream is flushed, not closed. */
    public void write(OutputStream out) throws IOException {
        String[] parts = resource("page.html").split("<!--(?:style|data|script)-->", -1);
        StringJoiner script = new StringJoiner("\n");
        SCRIPTS.forEach(name -> script.add(resource(name)));
        print(out, parts[0] + "<style>\n" + resource("page.css") + "</style>" + parts[1]);
        for (int i = 0; i < inspections.size(); i++) {
            print(out, "<script type=\"application/json\" class=\"summary\">");
            StringWriter summary = new StringWriter();
            InspectionJson.writeSummary(inspections.get(i), explanations.get(i), summary);
            print(out, summary + "</script>\n<script type=\"text/plain\" class=\"numbers\">");
            writeNumbers(inspections.get(i), out);
            print(out, "</script>\n");
        }
        print(out, parts[2] + "<script type=\"module\">\n" + script + "</script>" + parts[3]);
        out.flush();
    }

    private static void print(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Attention, {@code [layer][head][query][key]}, then cosines, {@code [depth][token][token]}. */
    private static void writeNumbers(Inspection inspection, OutputStream out) throws IOException {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        deflater.setStrategy(Deflater.HUFFMAN_ONLY);     // such numbers hardly ever repeat themselves
        try (OutputStream base64 = Base64.getEncoder().wrap(new LeftOpen(out));
                OutputStream compressed = new DeflaterOutputStream(base64, deflater, 1 << 16)) {
            int tokens = inspection.tokens().size();
            for (int layer = 0; layer < inspection.layers(); layer++) {
                for (int head = 0; head < inspection.heads(); head++) {
                    Matrix attention = inspection.block(layer).attention(head).matrix();
                    compressed.write(fixed(tokens, PROBABILITY_ONE, attention::get));
                }
            }
            for (int depth = 0; depth <= inspection.layers(); depth++) {
                compressed.write(fixed(tokens, COSINE_ONE, inspection.geometry(depth)::cosine));
            }
        } finally {
            deflater.end();
        }
    }

    /** A number for each pair of tokens. */
    @FunctionalInterface
    private interface Pairs {
        double get(int first, int second);
    }

    private static byte[] fixed(int tokens, int one, Pairs pairs) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(tokens * tokens, Short.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tokens; i++) {
            for (int j = 0; j < tokens; j++) {
                bytes.putShort((short) Math.round(pairs.get(i, j) * one));
            }
        }
        return bytes.array();
    }

    /** Ends base64 without closing what it is written to. */
    private static final class LeftOpen extends FilterOutputStream {

        LeftOpen(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
