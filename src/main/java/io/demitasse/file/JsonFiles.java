package io.demitasse.file;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads the JSON files that stand beside a model's weights. */
public final class JsonFiles {

    private JsonFiles() {
    }

    /**
     * The JSON value in a file, strictly read.
     *
     * @throws ModelFormatException if there is no such file, or it is not that
     */
    public static JsonElement read(Path file) {
        return parse(file, false);
    }

    /** The JSON object in a file, strictly read. */
    public static JsonObject readObject(Path file) {
        return object(file, parse(file, false));
    }

    /** As {@link #readObject}, with numbers that JSON has not as texts; see {@link StrictJson#parseAllNumbers}. */
    public static JsonObject readObjectOfAllNumbers(Path file) {
        return object(file, parse(file, true));
    }

    private static JsonObject object(Path file, JsonElement value) {
        if (!value.isJsonObject()) {
            throw ModelFormatException.of(file, "its content", "a JSON object", value);
        }
        return value.getAsJsonObject();
    }

    private static JsonElement parse(Path file, boolean allNumbers) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            if (text.startsWith(SafetensorsFile.POINTER)) {
                throw new ModelFormatException(file,
                        "a Git LFS pointer and not the file itself: fetch it with git lfs pull");
            }
            return allNumbers ? StrictJson.parseAllNumbers(text) : StrictJson.parse(text);
        } catch (NoSuchFileException e) {
            throw new ModelFormatException(file, "no such file", e);
        } catch (CharacterCodingException e) {
            throw new ModelFormatException(file, "not UTF-8 text", e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "cannot be read: " + FlatFile.reason(e), e);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file, e.getMessage(), e);
        }
    }
}
