package io.demitasse.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The JSON header of a flat file: parsed, and every value of it checked before anything relies on it. */
final class FlatHeader {

    static final byte[] MAGIC = "DEMIFLAT".getBytes(StandardCharsets.US_ASCII);
    /** What is written; 1 is read too. */
    static final int VERSION = 2;
    /** Magic, version, the header's checksum and its length. */
    static final int PREAMBLE = 24;
    static final int ALIGNMENT = 64;
    static final String CHECKSUM = "header_crc32";
    private static final String CHECKSUM_FIELD = "\"" + CHECKSUM + "\":\"";
    private static final int CHECKSUM_DIGITS = 8;
    private static final int LARGEST = 1 << 28;

    private final Path file;
    private final JsonObject json;
    private final int version;

    /** What the first 24 bytes say: the format's version, the header's length, and its checksum, 0 in version 1. */
    record Preamble(int version, int length, int crc32) {
    }

    private FlatHeader(Path file, JsonObject json, int version) {
        this.file = file;
        this.json = json;
        this.version = version;
    }

    static Preamble preamble(Path file, byte[] preamble, long fileSize) {
        ByteBuffer bytes = ByteBuffer.wrap(preamble).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < MAGIC.length; i++) {
            if (preamble[i] != MAGIC[i]) {
                throw ModelFormatException.of(file, "not a flat weight file: its first 8 bytes",
                        "DEMIFLAT", printable(preamble, MAGIC.length));
            }
        }
        int version = bytes.getInt(8);
        if (version != 1 && version != VERSION) {
            throw ModelFormatException.of(file, "version", "1 or " + VERSION, Integer.toUnsignedString(version));
        }
        int crc32 = bytes.getInt(12);
        if (version == 1 && crc32 != 0) {
            throw ModelFormatException.of(file, "the reserved bytes 12-15", 0, Integer.toUnsignedString(crc32));
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
        return new Preamble(version, (int) length, crc32);
    }

    static FlatHeader parse(Path file, Preamble preamble, byte[] header) {
        if (preamble.version == VERSION) {
            CRC32 crc = new CRC32();
            crc.update(header);
            if ((int) crc.getValue() != preamble.crc32) {
                throw ModelFormatException.of(file, "the header's crc32", Integer.toUnsignedString(preamble.crc32),
                        crc.getValue());
            }
        }
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
        FlatHeader parsed = new FlatHeader(file, root.getAsJsonObject(), preamble.version);
        if (preamble.version == 1) {
            parsed.verifyChecksum(header);
        }
        return parsed;
    }

    /** Version 1 has its checksum in the metadata. */
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

    /** The SHA-256 of preamble and header. */
    static String fingerprint(byte[] preamble, byte[] header) {
        MessageDigest digest = sha256();
        digest.update(preamble);
        return HexFormat.of().formatHex(digest.digest(header));
    }

    /** The SHA-256 of the names, sizes and times of a folder's files. */
    static String fingerprint(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            MessageDigest digest = sha256();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                digest.update((folder.relativize(file) + " " + Files.size(file) + " "
                        + Files.getLastModifiedTime(file).toMillis() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new ModelFormatException(folder, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
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

    /** All but the tensors. A file of version 1 does not say what its head is, but its labels do. */
    ModelHeader model() {
        JsonObject config = object("config");
        List<String> labels = labels();
        JsonElement type = config.get("model_type");
        if (version == 1 && type != null && type.isJsonPrimitive() && ModelTypes.names().contains(type.getAsString())) {
            JsonArray architectures = new JsonArray();
            architectures.add(ModelTypes.type(type.getAsString())
                    .architecture(labels.isEmpty() ? ModelTypes.BASE : "ForSequenceClassification"));
            config.add("architectures", architectures);
        }
        return new ModelHeader(config, object("tokenizer"), labels,
                json.has("sentence_transformers") ? object("sentence_transformers") : null, metadata());
    }

    private JsonObject object(String name) {
        JsonElement value = json.get(name);
        if (value == null || !value.isJsonObject()) {
            throw ModelFormatException.of(file, "the header's \"" + name + "\"", "an object", value);
        }
        return value.getAsJsonObject();
    }

    private List<String> labels() {
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

    private Map<String, String> metadata() {
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
