package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import io.demitasse.study.Attribution.Method;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One HTML file that shows inspections and needs nothing else: its style, its script and all numbers stand in it. Small
 * numbers are JSON, which the script draws before the rest of the file is read. Attention and cosines are rounded to as
 * many decimals as the page shows, packed and written last, in parts that are unpacked when they are looked at: a text
 * of 512 tokens has 20 million of them.
 */
public final class Page {

    /** What 1 is stored as, for texts that are looked at number by number, and for longer ones. */
    private static final int FINE = 10_000;
    private static final int COARSE = 1_000;

    /** Texts of up to so many tokens are explained by all methods. */
    private static final int SENTENCE = 64;
    /** Texts of up to so many tokens are explained at all. */
    private static final int EXPLAINED = 256;

    /** In the order in which they are put together into one script. */
    private static final List<String> SCRIPTS = List.of("text.js", "numbers.js", "state.js", "paint.js", "elements.js",
            "sentence.js", "tokens.js", "attention-grid.js", "attention-matrix.js", "attention-lines.js", "attention.js",
            "chart.js", "lens.js", "names.js", "projection.js", "hidden.js", "page.js");

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
        String[] parts = resource("page.html").split("<!--(?:style|texts|data|script|numbers)-->", -1);
        StringJoiner script = new StringJoiner("\n");
        SCRIPTS.forEach(name -> script.add(resource(name)));
        print(out, parts[0] + "<style>\n" + resource("colours.css") + resource("page.css") + "</style>" + parts[1]);
        for (Inspection inspection : inspections) {
            print(out, inBrief(inspection));
        }
        print(out, parts[2]);
        for (int i = 0; i < inspections.size(); i++) {
            StringWriter summary = new StringWriter();
            InspectionJson.writeSummary(inspections.get(i), explanations.get(i), summary);
            print(out, "<script type=\"application/json\" class=\"summary\" data-one=\"" + one(inspections.get(i)) + "\">"
                    + summary + "</script>\n");
        }
        print(out, parts[3] + "<script>\n(() => {\n'use strict';\n" + script + "})();\n</script>" + parts[4]);
        for (int i = 0; i < inspections.size(); i++) {
            writeNumbers(inspections.get(i), i, out);
        }
        print(out, parts[5]);
        out.flush();
    }

    /** What there is to read without a script: the label, its probability and the text. */
    private static String inBrief(Inspection inspection) {
        String text = inspection.tokenization().text();
        return String.format(Locale.ROOT, "<p><b>%s %.4f</b> <bdi>%s</bdi></p>\n",
                escaped(inspection.labels().get(inspection.labelId())), inspection.probabilities()[inspection.labelId()],
                escaped(InspectionJson.wellFormed(text)));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u0000", "\uFFFD");
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

    private static int one(Inspection inspection) {
        return inspection.tokens().size() <= SENTENCE ? FINE : COARSE;
    }

    /** Attention, {@code [head][query][key]}, for each block; cosines, {@code [token][earlier token]}, for each depth. */
    private static void writeNumbers(Inspection inspection, int text, OutputStream out) throws IOException {
        int tokens = inspection.tokens().size();
        int one = one(inspection);
        for (int layer = 0; layer < inspection.layers(); layer++) {
            short[] numbers = new short[Math.multiplyExact(inspection.heads(), tokens * tokens)];
            int place = 0;
            for (int head = 0; head < inspection.heads(); head++) {
                Matrix attention = inspection.block(layer).attention(head).matrix();
                for (int query = 0; query < tokens; query++) {
                    for (int key = 0; key < tokens; key++) {
                        numbers[place++] = (short) Math.round(attention.get(query, key) * one);
                    }
                }
            }
            writePart("attention", text, layer, numbers, out);
        }
        for (int depth = 0; depth <= inspection.layers(); depth++) {
            Geometry geometry = inspection.geometry(depth);
            short[] numbers = new short[tokens * (tokens - 1) / 2];
            int place = 0;
            for (int token = 0; token < tokens; token++) {
                for (int other = 0; other < token; other++) {
                    // From 0 to 2, for want of a sign.
                    numbers[place++] = (short) Math.round((geometry.cosine(token, other) + 1) * one);
                }
            }
            writePart("cosines", text, depth, numbers, out);
        }
    }

    /** All low bytes, then all high bytes, which are nearly all 0: so they take a fifth less. */
    private static void writePart(String name, int text, int part, short[] numbers, OutputStream out)
            throws IOException {
        byte[] bytes = new byte[Math.multiplyExact(numbers.length, Short.BYTES)];
        for (int i = 0; i < numbers.length; i++) {
            bytes[i] = (byte) numbers[i];
            bytes[numbers.length + i] = (byte) (numbers[i] >> Byte.SIZE);
        }
        print(out, "<script type=\"text/plain\" id=\"" + name + "-" + text + "-" + part + "\">");
        Deflater deflater = new Deflater();
        deflater.setStrategy(Deflater.FILTERED);    // such numbers hardly ever repeat themselves
        try (OutputStream base64 = Base64.getEncoder().wrap(new LeftOpen(out));
                OutputStream compressed = new DeflaterOutputStream(base64, deflater, 1 << 16)) {
            compressed.write(bytes);
        } finally {
            deflater.end();
        }
        print(out, "</script>\n");
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
