package io.demitasse.cli;

import io.demitasse.Tokenizers;
import io.demitasse.cli.TextInput.Item;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(description = "Prints the token ids, tokens and offsets of each text as a JSON line.",
        footer = {"", "With --jsonl an object may hold \"text_pair\", a second text; it then also gets \"type_ids\". "
            + "Offsets are UTF-16 units of the text, as Java and JavaScript count."})
final class TokenizeCommand implements Callable<Integer> {

    private static final int SHORTEST = 2;

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOptions model;

    @Mixin
    TextInput input;

    @Option(names = "--vocab", paramLabel = "FILE",
            description = "A vocab.txt of an uncased model, in place of the model's own vocabulary.")
    Path vocabulary;

    @Option(names = "--max-length", paramLabel = "N",
            description = "Truncate to so many tokens, special tokens included; by default nothing is cut off.")
    Integer maxLength;

    @Option(names = "--split-special-tokens",
            description = "Take a [SEP] or [MASK] in a text for plain text, not for the special token.")
    boolean splitSpecialTokens;

    @Override
    public Integer call() throws IOException {
        if (maxLength != null && maxLength < SHORTEST) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--max-length is " + maxLength + ", but [CLS] and [SEP] need " + SHORTEST);
        }
        WordPieceTokenizer tokenizer = tokenizer();
        input.forEachBatch((items, output) ->
                items.stream().map(item -> encode(tokenizer, item)).toList().forEach(output::json));
        return 0;
    }

    private WordPieceTokenizer tokenizer() throws IOException {
        WordPieceTokenizer tokenizer = vocabulary == null ? Tokenizers.load(model.file())
                : new WordPieceTokenizer(Vocabulary.read(vocabulary), TokenizerSettings.uncased());
        return splitSpecialTokens ? new WordPieceTokenizer(tokenizer.vocabulary(),
                tokenizer.settings().withSplitSpecialTokens(true)) : tokenizer;
    }

    private Map<String, Object> encode(WordPieceTokenizer tokenizer, Item item) {
        if (item.text() == null) {
            throw new IllegalArgumentException("tokenize takes \"text\", not \"input_ids\"");
        }
        int length = item.maxLength() != null ? item.maxLength() : maxLength != null ? maxLength : Integer.MAX_VALUE;
        Encoding encoding = item.pair() == null ? tokenizer.encode(item.text(), length)
                : tokenizer.encode(item.text(), item.pair(), length);
        int[][] offsets = new int[encoding.size()][];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = new int[] {encoding.start(i), encoding.end(i)};
        }
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("ids", encoding.ids());
        object.put("tokens", encoding.tokens());
        object.put("offsets", offsets);
        if (item.pair() != null) {
            object.put("type_ids", encoding.typeIds());
        }
        return object;
    }
}
