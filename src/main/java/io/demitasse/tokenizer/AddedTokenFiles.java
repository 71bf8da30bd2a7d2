package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.get;
import static io.demitasse.tokenizer.TokenizerFile.integer;
import static io.demitasse.tokenizer.TokenizerFile.shown;
import static io.demitasse.tokenizer.TokenizerFile.string;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which tokens transformers looks for in a text before words are cut, from all the files that can name one. */
final class AddedTokenFiles {

    /** In transformers' order, which is that of new ids. */
    private static final List<String> NAMED = List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
            "cls_token", "mask_token");
    /** The flat file's names of some of them, in its order, and BERT's own tokens. */
    private static final Map<String, String> HEADER = new LinkedHashMap<>();

    static {
        HEADER.put("unk", SpecialTokens.BERT.unk());
        HEADER.put("cls", SpecialTokens.BERT.cls());
        HEADER.put("sep", SpecialTokens.BERT.sep());
        HEADER.put("pad", SpecialTokens.BERT.pad());
        HEADER.put("mask", SpecialTokens.BERT.mask());
    }

    private final TokenizerFile configFile;
    private final boolean ofFile;
    private final @Nullable TokenizerJson tokenizer;
    private final List<NamedToken> fileTokens = new ArrayList<>();
    private final Map<String, @Nullable NamedToken> named = new LinkedHashMap<>();
    private final Set<String> stated = new HashSet<>();
    private final Map<String, NamedToken> moreNamed = new LinkedHashMap<>();
    private final List<NamedToken> extra = new ArrayList<>();
    private final Map<Integer, NamedToken> decoder = new TreeMap<>();

    private final Map<String, @Nullable String> names = new LinkedHashMap<>();
    private final Map<String, NamedToken> tokens = new LinkedHashMap<>();
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private Map<String, Integer> vocabulary = Map.of();
    private int behind;     // how many ids are behind the vocabulary's

    AddedTokenFiles(Path folder, JsonObject config, @Nullable TokenizerJson tokenizer, boolean ofFile)
            throws IOException {
        configFile = new TokenizerFile(folder.resolve("tokenizer_config.json"));
        this.ofFile = ofFile;
        this.tokenizer = tokenizer;
        if (tokenizer != null) {
            tokenizer.addedTokens().forEach(entry -> fileTokens.add(listed(tokenizer.file(), entry)));
        }
        for (String key : NAMED) {
            String name = HEADER.get(key.replace("_token", ""));
            named.put(key, name == null || ofFile ? null : NamedToken.special(configFile, key, name));
        }
        readConfig(config);
        if (config.has("added_tokens_decoder")) {
            readDecoder(config.get("added_tokens_decoder"));
        } else {
            readSpecialTokensMap(new TokenizerFile(folder.resolve("special_tokens_map.json")));
            readAddedTokens(new TokenizerFile(folder.resolve("added_tokens.json")));
            fileTokens.forEach(token -> decoder.put(token.id(), token));
        }
        Map<String, NamedToken> byContent = new LinkedHashMap<>();
        decoder.values().forEach(token -> byContent.put(token.content(), token));
        for (String key : stated) {
            NamedToken token = named.get(key);
            if (token != null) {
                named.put(key, byContent.getOrDefault(token.content(), token));
            }
        }
    }

    /** The header's special_tokens: those that are not BERT's. */
    JsonObject specialTokens() {
        JsonObject special = new JsonObject();
        HEADER.forEach((name, usual) -> {
            String content = names.get(name);
            if (!usual.equals(content)) {
                special.add(name, content == null ? JsonNull.INSTANCE : new JsonPrimitive(content));
            }
        });
        return special;
    }

    /** The header's added_tokens: those beside the special ones, and special ones with flags of their own. */
    JsonArray addedTokens() {
        JsonArray added = new JsonArray();
        tokens.forEach((content, token) -> {
            boolean isNamed = names.containsValue(content) && vocabulary.containsKey(content);
            if (!isNamed || !token.isPlainSpecial()) {
                added.add(token.toJson(ids.get(content)));
            }
        });
        return added;
    }

    /** Gives the tokens their ids and compares them with those that the files state. */
    void read(VocabularyFiles files, int vocabSize) {
        vocabulary = files.ids();
        if (ofFile) {
            add(fileTokens, files.distinct());
        }
        add(tokensToAdd(), files.distinct());
        checkDeclared();
        HEADER.keySet().forEach(name -> names.put(name, content(named.get(name + "_token"))));
        if (ofFile) {
            names.put("unk", Objects.requireNonNull(tokenizer).unknown());
            tokenizer.template().forEach((name, special) -> names.put(name, special.content()));
            // tokenizer.json says which tokens are special, but not what for.
            for (String name : List.of("pad", "mask")) {
                if (names.get(name) == null && tokens.containsKey(HEADER.get(name))) {
                    names.put(name, HEADER.get(name));
                }
            }
        }
        dropNamesOutOfReach(vocabSize);
        checkTemplate();
    }

    private static @Nullable String content(@Nullable NamedToken token) {
        return token == null ? null : token.content();
    }

    /** Gives ids as the tokenizers library does: the vocabulary's, or the next one behind all. */
    private void add(Collection<NamedToken> added, int distinct) {
        for (NamedToken token : added) {
            if (tokens.putIfAbsent(token.content(), token) == null) {
                Integer id = vocabulary.get(token.content());
                ids.put(token.content(), id == null ? distinct + behind++ : id);
            }
        }
    }

    private List<NamedToken> tokensToAdd() {
        List<NamedToken> namedOnes = new ArrayList<>(named.values());
        namedOnes.addAll(moreNamed.values());
        namedOnes.removeIf(Objects::isNull);
        Set<String> contents = new HashSet<>();
        namedOnes.forEach(token -> contents.add(token.content()));
        List<NamedToken> all = new ArrayList<>(decoder.values());
        all.addAll(namedOnes);
        all.addAll(extra);
        all.replaceAll(token -> token.withSpecial(token.special() || contents.contains(token.content()),
                token.normalized()));
        return all;
    }

    /** The tokens that stand somewhere with an id: it must be the one they get. */
    private List<NamedToken> declared() {
        List<NamedToken> declared = new ArrayList<>(fileTokens);
        declared.addAll(decoder.values());
        return declared;
    }

    private void checkDeclared() {
        for (NamedToken token : declared()) {
            NamedToken found = tokens.get(token.content());
            String shown = shown(token.content());
            if (found == null) {
                throw token.file().refuse(token.key(), "the same tokens as in tokenizer_config.json", shown);
            }
            if (ids.get(token.content()) != token.id()) {
                throw token.file().refuse(token.key(), "the id " + ids.get(token.content()) + " for " + shown,
                        String.valueOf(token.id()));
            }
            checkFlag(token, "lstrip", found.lstrip(), token.lstrip());
            checkFlag(token, "rstrip", found.rstrip(), token.rstrip());
            checkFlag(token, "single_word", found.singleWord(), token.singleWord());
            checkFlag(token, "normalized", found.normalized(), token.normalized());
        }
    }

    private static void checkFlag(NamedToken token, String flag, boolean expected, boolean found) {
        if (expected != found) {
            throw token.file().refuse(token.key() + ": " + flag + " of " + shown(token.content()),
                    expected + " as in tokenizer_config.json", String.valueOf(found));
        }
    }

    /** transformers gives every name an id; one that the model has no embedding for can only be a name nobody uses. */
    private void dropNamesOutOfReach(int vocabSize) {
        Set<String> onlyNamed = new HashSet<>();
        named.values().stream().filter(Objects::nonNull).forEach(token -> onlyNamed.add(token.content()));
        declared().forEach(token -> onlyNamed.remove(token.content()));
        extra.forEach(token -> onlyNamed.remove(token.content()));
        for (String content : List.copyOf(ids.keySet())) {
            if (ids.get(content) < vocabSize) {
                continue;
            }
            boolean needed = content.equals(names.get("unk")) || content.equals(names.get("cls"))
                    || content.equals(names.get("sep"));
            if (needed || !onlyNamed.contains(content)) {
                NamedToken token = tokens.get(content);
                throw token.file().refuse(token.key(), "ids below " + vocabSize + " (vocab_size of config.json)",
                        ids.get(content) + " (" + shown(content) + ")");
            }
            ids.remove(content);
            tokens.remove(content);
            for (String name : List.of("pad", "mask")) {
                if (content.equals(names.get(name))) {
                    names.put(name, null);
                }
            }
        }
    }

    private void checkTemplate() {
        for (String name : List.of("unk", "cls", "sep")) {
            if (!tokens.containsKey(names.get(name))) {
                throw Objects.requireNonNull(tokenizer).file().refuse(
                        name.equals("unk") ? "model.unk_token" : "post_processor", "an added token",
                        shown(names.get(name)));
            }
        }
        if (tokenizer == null) {
            return;
        }
        tokenizer.template().forEach((name, special) -> {
            if (!special.content().equals(names.get(name))) {
                throw tokenizer.file().refuse("post_processor", shown(names.get(name)) + " as " + name
                        + "_token of tokenizer_config.json", shown(special.content()));
            }
            if (special.id() != ids.get(special.content())) {
                throw tokenizer.file().refuse("post_processor", "the id " + ids.get(special.content()) + " for "
                        + shown(special.content()), String.valueOf(special.id()));
            }
        });
    }

    private void readConfig(JsonObject config) {
        config.entrySet().forEach(entry -> name(configFile, entry.getKey(), entry.getValue()));
        String key = "extra_special_tokens";
        if (isEmpty(config.get(key)) && config.has("additional_special_tokens")) {
            key = "additional_special_tokens";
        }
        readExtra(configFile, key, get(config, key));
    }

    private static boolean isEmpty(@Nullable JsonElement value) {
        return value == null || value.isJsonNull() || value.isJsonArray() && value.getAsJsonArray().isEmpty()
                || value.isJsonObject() && value.getAsJsonObject().isEmpty();
    }

    /** Reads a key that names one token, if it does. */
    private void name(TokenizerFile file, String key, JsonElement value) {
        if (NAMED.contains(key)) {
            named.put(key, value.isJsonNull() ? null : NamedToken.read(file, key, value, true));
            stated.add(key);
            if (value.isJsonNull() && List.of("unk_token", "cls_token", "sep_token").contains(key) && !ofFile) {
                throw file.refuse(key, "a token", "null");
            }
        } else if (key.endsWith("_token") && (string(value) != null || value.isJsonObject())) {
            moreNamed.put(key, NamedToken.read(file, key, value, true));
        }
    }

    private void readExtra(TokenizerFile file, String key, @Nullable JsonElement value) {
        if (value == null || value.isJsonNull()) {
            return;
        }
        if (value.isJsonObject()) {
            value.getAsJsonObject().entrySet().forEach(entry ->
                    moreNamed.put(entry.getKey(), NamedToken.read(file, key, entry.getValue(), true)));
        } else if (value.isJsonArray()) {
            for (JsonElement entry : value.getAsJsonArray()) {
                NamedToken token = NamedToken.read(file, key, entry, true);
                if (extra.stream().noneMatch(other -> other.content().equals(token.content()))) {
                    extra.add(token);
                }
            }
        } else {
            throw file.refuse(key, "tokens", shown(value));
        }
    }

    private void readDecoder(JsonElement value) {
        String key = "added_tokens_decoder";
        if (!value.isJsonObject()) {
            throw configFile.refuse(key, "an object of ids and tokens", shown(value));
        }
        value.getAsJsonObject().entrySet().forEach(entry -> {
            if (!entry.getKey().matches("[0-9]{1,9}")) {
                throw configFile.refuse(key, "ids as keys", shown(entry.getKey()));
            }
            if (!entry.getValue().isJsonObject()) {
                throw configFile.refuse(key, "an object", shown(entry.getValue()));
            }
            int id = Integer.parseInt(entry.getKey());
            decoder.put(id, NamedToken.read(configFile, key, entry.getValue(), false).withId(id));
        });
    }

    private void readSpecialTokensMap(TokenizerFile file) throws IOException {
        JsonObject content = file.json();
        if (content == null) {
            return;
        }
        for (Map.Entry<String, JsonElement> entry : content.entrySet()) {
            String key = entry.getKey();
            if (key.equals("extra_special_tokens") || key.equals("additional_special_tokens") && extra.isEmpty()) {
                readExtra(file, key, entry.getValue());
            } else {
                name(file, key, entry.getValue());
            }
        }
    }

    private void readAddedTokens(TokenizerFile file) throws IOException {
        JsonObject content = file.json();
        if (content == null) {
            return;
        }
        Set<String> specials = new HashSet<>();
        stated.forEach(key -> specials.add(content(named.get(key))));
        extra.forEach(token -> specials.add(token.content()));
        content.entrySet().forEach(entry -> {
            int id = id(entry.getValue());
            if (id < 0) {
                throw file.refuse(entry.getKey(), "an id", shown(entry.getValue()));
            }
            boolean special = specials.contains(entry.getKey());
            NamedToken token = NamedToken.read(file, "added token", new JsonPrimitive(entry.getKey()), true);
            decoder.put(id, token.withSpecial(special, !special).withId(id));
        });
    }

    /** An entry of tokenizer.json's added_tokens. */
    private static NamedToken listed(TokenizerFile file, JsonElement entry) {
        String key = "added_tokens";
        int id = id(get(entry, "id"));
        if (id < 0) {
            throw file.refuse(key, "tokens with their ids", shown(entry));
        }
        return NamedToken.read(file, key, entry, false).withId(id);
    }

    private static int id(@Nullable JsonElement value) {
        Integer id = integer(value);
        return id == null ? NamedToken.NO_ID : id;
    }
}
