package io.demitasse.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments as they were typed. Java decodes them in the locale's encoding and puts a question mark, or worse, where
 * that has no letter; so where the system shows the bytes, what Java made of them is compared.
 */
final class CommandArguments {

    /** Linux: this process's arguments as bytes, each with a 0 behind it. */
    private static final Path BYTES = Path.of("/proc/self/cmdline");

    private CommandArguments() {
    }

    /**
     * Checks that no letter was lost.
     *
     * @throws IllegalArgumentException if one was; the message says in which argument and what helps
     */
    static void check(String[] args) {
        List<byte[]> typed = typed();
        int first = typed.size() - args.length;     // before them stand Java's own
        if (first < 0) {
            return;
        }
        Charset encoding = encoding();
        for (int i = 0; i < args.length; i++) {
            byte[] bytes = typed.get(first + i);
            try {
                if (encoding.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().equals(args[i])) {
                    continue;
                }
            } catch (CharacterCodingException e) {
                // Said below.
            }
            throw new IllegalArgumentException("argument " + (i + 1) + " is not "
                    + (encoding.equals(StandardCharsets.UTF_8) ? "UTF-8: give it in UTF-8"
                    : encoding + ", the locale's encoding: set LC_ALL=C.UTF-8, or give the text on stdin, in UTF-8"));
        }
    }

    private static Charset encoding() {
        String name = System.getProperty("sun.jnu.encoding");
        return name == null || !Charset.isSupported(name) ? StandardCharsets.UTF_8 : Charset.forName(name);
    }

    private static List<byte[]> typed() {
        List<byte[]> arguments = new ArrayList<>();
        try {
            byte[] all = Files.isReadable(BYTES) ? Files.readAllBytes(BYTES) : new byte[0];
            int start = 0;
            for (int i = 0; i < all.length; i++) {
                if (all[i] == 0) {
                    arguments.add(java.util.Arrays.copyOfRange(all, start, i));
                    start = i + 1;
                }
            }
        } catch (IOException e) {
            arguments.clear();
        }
        return arguments;
    }
}
