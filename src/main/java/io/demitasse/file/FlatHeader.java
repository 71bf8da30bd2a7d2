package io.demitasse.file;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The JSON header of a flat file: parsed, and every value of it checked before anything relies on it. */
final class FlatHeader {

    static final byte[] MAGIC = "DEMIFLAT".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 1;
    /** Magic, version, reserved and the header's length. */
    static final int PREAMBLE = 24;
    static final int ALIGNMENT = 64;
    static final String CHECKSUM = "header_crc32";
    private static final String CHECKSUM_FIELD = "\"" + CHECKSUM + "\":\"";
    private static final int CHECKSUM_DIGITS = 8;
    private static final int LARGEST = 1 << 28;

    private final Path file;
    private final JsonObject json;

    private FlatHeader(Path file, JsonObject json) {
        this.file = file;
        this.json = json;
    }

    /** The header's length, from the file's first 24 bytes. */
    static int length(Path file, byte[] preamble, long fileSize) {
        ByteBuffer bytes = ByteBuffer.wrap(preamble).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < MAGIC.length; i++) {
            if (preamble[i] != MAGIC[i]) {
                throw ModelFormatException.of(file, "not a flat weight file: its first 8 bytes",
                        "DEMIFLAT", printable(preamble, MAGIC.length));
            }
        }
        int version = bytes.getInt(8);
        if (version != VERSION) {
            throw ModelFormatException.of(file, "version", VERSION, Integer.toUnsignedString(version));
        }
        int reserved = bytes.getInt(12);
        if (reserved != 0) {
            throw ModelFormatException.of(file, "the reserved bytes 12-15", 0, Integer.toUnsignedString(reserved));
        }
        long length = bytes.getLong(16);
        if (length < 2 || length > Math.min(LARGEST, fileSize - PREAMBLE)) {
            throw ModelFormatException.of(file, "the header's length",
                    "2 to " + Math.min(LARGEST, fileSize - PREAMBLE) + " bytes", Long.toUnsignedString(length));
        }
        if ((PREAMBLE + length) % ALIGNMENT != 0) {
            throw ModelFormatException.of(file, "the header's length",
                    "24 less than a multiple of " + ALIGNMENT, length);
        }
        return (int) length;
    }

    static FlatHeader parse(Path file, byte[] header) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
        } catch (CharacterCodingException e) {
            throw new ModelFormatException(file, "the header is not UTF-8 text", e);
        }
        JsonElement root;
        try {
            root = StrictJson.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file, "the header is " + e.getMessage(), e);
        }
        if (!root.isJsonObject()) {
            throw new ModelFormatException(file, "the header is not a JSON object");
        }
        FlatHeader parsed = new FlatHeader(file, root.getAsJsonObject());
        parsed.verifyChecksum(header);
        return parsed;
    }

    private void verifyChecksum(byte[] header) {
        JsonElement stated = object("metadata").get(CHECKSUM);
        if (stated == null) {
            return;
        }
        String stored = string("metadata." + CHECKSUM, stated);
        // The last one is the metadata's: config stands before it, and in tensors every value is an object.
        int field = lastIndexOf(header, (CHECKSUM_FIELD + stored + '"').getBytes(StandardCharsets.UTF_8));
        if (field < 0 || !stored.matches("[0-9a-f]{8}")) {
            throw ModelFormatException.of(file, CHECKSUM, "8 hexadecimal digits right behind " + CHECKSUM_FIELD,
                    stored);
        }
        String computed = checksum(header, field + CHECKSUM_FIELD.length());
        if (!stored.equals(computed)) {
            throw ModelFormatException.of(file, CHECKSUM, stored, computed);
        }
    }

    /** The CRC-32 of the header as it is while the eight digits of the checksum itself are zeros. */
    private static String checksum(byte[] header, int digits) {
        CRC32 crc = new CRC32();
        crc.update(header, 0, digits);
        crc.update("0".repeat(CHECKSUM_DIGITS).getBytes(StandardCharsets.US_ASCII));
        crc.update(header, digits + CHECKSUM_DIGITS, header.length - digits - CHECKSUM_DIGITS);
        return String.format("%08x", crc.getValue());
    }

    /** Fills the checksum into a header that was written with eight zeros in its place. */
    static void sign(byte[] header) {
        int digits = lastIndexOf(header, CHECKSUM_FIELD.getBytes(StandardCharsets.US_ASCII)) + CHECKSUM_FIELD.length();
        byte[] checksum = checksum(header, digits).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(checksum, 0, header, digits, CHECKSUM_DIGITS);
    }

    /** The SHA-256 of preamble and header. */
    static String fingerprint(byte[] preamble, byte[] header) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(preamble);
            return HexFormat.of().formatHex(digest.digest(header));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    private static int lastIndexOf(byte[] bytes, byte[] part) {
        for (int i = bytes.length - part.length; i >= 0; i--) {
            int j = 0;
            while (j < part.length && bytes[i + j] == part[j]) {
                j++;
            }
            if (j == part.length) {
                return i;
            }
        }
        return -1;
    }

    JsonObject object(String name) {
        JsonElement value = json.get(name);
        if (value == null || !value.isJsonObject()) {
            throw ModelFormatException.of(file, "the header's \"" + name + "\"", "an object", value);
        }
        return value.getAsJsonObject();
    }

    List<String> labels() {
        JsonElement value = json.get("labels");
        if (value == null || !value.isJsonArray()) {
            throw ModelFormatException.of(file, "the header's \"labels\"", "an array", value);
        }
        List<String> labels = new ArrayList<>();
        for (JsonElement label : value.getAsJsonArray()) {
            labels.add(string("labels", label));
        }
        return labels;
    }

    Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        object("metadata").entrySet().forEach(entry ->
                metadata.put(entry.getKey(), string("metadata." + entry.getKey(), entry.getValue())));
        return metadata;
    }

    Map<String, TensorInfo> tensors() {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        object("tensors").entrySet().forEach(entry -> tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue())));
        return tensors;
    }

    private TensorInfo tensor(String name, JsonElement value) {
        if (!value.isJsonObject()) {
            throw ModelFormatException.of(file, "tensor " + name, "an object", value);
        }
        JsonObject entry = value.getAsJsonObject();
        String dtypeName = string(name + ".dtype", entry.get("dtype"));
        Dtype dtype = null;
        for (Dtype candidate : Dtype.values()) {
            if (candidate.name().equals(dtypeName)) {
                dtype = candidate;
            }
        }
        if (dtype == null) {
            throw ModelFormatException.of(file, "tensor " + name + ": dtype", List.of(Dtype.values()), dtypeName);
        }
        JsonElement shape = entry.get("shape");
        if (shape == null || !shape.isJsonArray()) {
            throw ModelFormatException.of(file, "tensor " + name + ": shape", "an array", shape);
        }
        List<Integer> dimensions = new ArrayList<>();
        for (JsonElement dimension : shape.getAsJsonArray()) {
            dimensions.add((int) number(name + ".shape", dimension, Integer.MAX_VALUE));
        }
        String scales = entry.has("scales") ? string(name + ".scales", entry.get("scales")) : null;
        return new TensorInfo(name, dtype, dimensions,
                number(name + ".offset", entry.get("offset"), Long.MAX_VALUE),
                number(name + ".bytes", entry.get("bytes"), Long.MAX_VALUE),
                number(name + ".crc32", entry.get("crc32"), 0xFFFFFFFFL), scales);
    }

    private String string(String what, @Nullable JsonElement value) {
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw ModelFormatException.of(file, what, "a string", value);
        }
        return value.getAsString();
    }

    private long number(String what, @Nullable JsonElement value, long largest) {
        try {
            if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                long number = Long.parseLong(value.getAsString());
                if (number >= 0 && number <= largest) {
                    return number;
                }
            }
        } catch (NumberFormatException e) {
            // Said below, with the value.
        }
        throw ModelFormatException.of(file, what, "a whole number from 0 to " + largest, value);
    }

    private static String printable(byte[] bytes, int length) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < length; i++) {
            text.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '?');
        }
        return text.append('"').toString();
    }
}
