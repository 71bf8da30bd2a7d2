package io.demitasse.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A folder with a tokenizer and what transformers makes of it: a line that tools/reference wrote. */
record LayoutReference(JsonObject json) {

    static LayoutReference parse(String line) {
        return new LayoutReference(JsonParser.parseString(line).getAsJsonObject());
    }

    @Override
    public String toString() {
        return name();
    }

    String name() {
        return json.get("name").getAsString();
    }

    /** Writes the folder's files. */
    Path write(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, JsonElement> file : json.getAsJsonObject("files").entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue().getAsString());
        }
        return folder;
    }

    TokenizerFiles read(Path folder) throws IOException {
        return TokenizerFiles.read(write(folder), json.get("vocab_size").getAsInt(), json.get("positions").getAsInt(),
                json.has("tokenizer_class") ? json.get("tokenizer_class").getAsString() : null);
    }

    static WordPieceTokenizer tokenizer(TokenizerFiles files) {
        return new WordPieceTokenizer(Vocabulary.of(files.tokens()), SettingsJson.read(files.header()));
    }

    /** What is not as transformers has it, a line each. */
    List<String> differences(WordPieceTokenizer tokenizer) {
        List<String> differences = new ArrayList<>();
        for (JsonElement ask : json.getAsJsonArray("encodings")) {
            JsonObject request = ask.getAsJsonObject();
            String expected = request.has("refused") ? "refused" : request.get("windows").toString();
            String found;
            try {
                found = json(encodings(tokenizer, request)).toString();
            } catch (IllegalArgumentException e) {
                found = "refused";
            }
            if (!found.equals(expected)) {
                request.remove("windows");
                differences.add(request + "\n    expected " + expected + "\n    found    " + found);
            }
        }
        for (JsonElement decoded : json.getAsJsonArray("decoded")) {
            JsonObject request = decoded.getAsJsonObject();
            int[] ids = request.getAsJsonArray("ids").asList().stream().mapToInt(JsonElement::getAsInt).toArray();
            String found = tokenizer.decode(ids, request.get("skip").getAsBoolean());
            if (!found.equals(request.get("text").getAsString())) {
                differences.add(request + "\n    found    " + found);
            }
        }
        return differences;
    }

    private static List<Encoding> encodings(WordPieceTokenizer tokenizer, JsonObject request) {
        TruncationSide side = request.has("side") ? TruncationSide.valueOf(upper(request, "side"))
                : tokenizer.settings().truncationSide();
        WordPieceTokenizer sided = new WordPieceTokenizer(tokenizer.vocabulary(),
                tokenizer.settings().withTruncationSide(side));
        String text = request.get("text").getAsString();
        int length = request.get("max_length").getAsInt();
        if (!request.has("pair")) {
            return request.has("stride") ? sided.encodeWindows(text, length, request.get("stride").getAsInt())
                    : List.of(sided.encode(text, length));
        }
        String pair = request.get("pair").getAsString();
        TruncationStrategy strategy = TruncationStrategy.valueOf(upper(request, "strategy"));
        return request.has("stride")
                ? sided.encodeWindows(text, pair, length, request.get("stride").getAsInt(), strategy)
                : List.of(sided.encode(text, pair, length, strategy));
    }

    private static String upper(JsonObject request, String key) {
        return request.get(key).getAsString().toUpperCase(Locale.ROOT);
    }

    private static JsonArray json(List<Encoding> encodings) {
        JsonArray windows = new JsonArray();
        for (Encoding encoding : encodings) {
            JsonObject window = new JsonObject();
            window.add("ids", numbers(encoding.ids()));
            window.add("types", numbers(encoding.typeIds()));
            window.add("mask", numbers(encoding.specialTokensMask()));
            window.add("words", numbers(encoding.words()));
            window.add("sequences", numbers(encoding.sequences()));
            JsonArray offsets = new JsonArray();
            for (int i = 0; i < encoding.size(); i++) {
                offsets.add(numbers(encoding.start(i), encoding.end(i)));
            }
            window.add("offsets", offsets);
            windows.add(window);
        }
        return windows;
    }

    private static JsonArray numbers(int... numbers) {
        JsonArray array = new JsonArray();
        for (int number : numbers) {
            array.add(number);
        }
        return array;
    }

    /** Compares all lines of a file that is too large to be kept: {@code LayoutReference FILE FOLDER}. */
    public static void main(String[] arguments) throws IOException {
        int encodings = 0;
        int different = 0;
        int refused = 0;
        List<String> lines = Files.readAllLines(Path.of(arguments[0]));
        for (int i = 0; i < lines.size(); i++) {
            LayoutReference reference = parse(lines.get(i));
            Path folder = Path.of(arguments[1]).resolve(String.valueOf(i));
            try {
                WordPieceTokenizer tokenizer = tokenizer(reference.read(folder));
                if (!reference.json.has("encodings")) {
                    System.out.println("not refused: " + reference.json.get("files"));
                    continue;
                }
                encodings += reference.json.getAsJsonArray("encodings").size();
                List<String> differences = reference.differences(tokenizer);
                different += differences.size();
                if (!differences.isEmpty()) {
                    System.out.println(reference.name() + " " + tokenizer.settings());
                    System.out.println(differences.get(0));
                }
            } catch (IllegalArgumentException e) {
                refused++;
                System.out.println(reference.name() + " refused: " + e.getMessage());
            }
            delete(folder);
        }
        System.out.println(lines.size() + " folders, " + refused + " refused, " + encodings + " encodings, " + different
                + " differences");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
