package io.demitasse.benchmarks.compare;

import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Labelled sentences, tokenized.
 *
 * @param ids {@code [sentences][tokens of each]}, special tokens included
 * @param labels the label's number, a sentence each
 */
record Sst2(int[][] ids, int[] labels) {

    static Sst2 read(Path file, int sentences, WordPieceTokenizer tokenizer) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<String> header = List.of(lines.get(0).split("\t"));
        int sentence = header.indexOf("sentence");
        int label = header.indexOf("label");
        if (sentence < 0 || label < 0) {
            throw new IllegalArgumentException(file + ": the first line must name the columns sentence and label");
        }
        List<String[]> rows = lines.stream().skip(1).limit(sentences).map(line -> line.split("\t", -1)).toList();
        return new Sst2(rows.stream().map(row -> tokenizer.encode(row[sentence]).ids()).toArray(int[][]::new),
                rows.stream().mapToInt(row -> Integer.parseInt(row[label])).toArray());
    }

    int size() {
        return ids.length;
    }

    long tokens() {
        long tokens = 0;
        for (int[] sentence : ids) {
            tokens += sentence.length;
        }
        return tokens;
    }

    /** The sentences' numbers by length, shortest first. */
    Integer[] byLength() {
        Integer[] order = fileOrder();
        Arrays.sort(order, Comparator.comparingInt(i -> ids[i].length));
        return order;
    }

    Integer[] fileOrder() {
        Integer[] order = new Integer[ids.length];
        Arrays.setAll(order, i -> i);
        return order;
    }

    /** The sentences in this order, {@code size} at a time: {@code [batches][sentences][tokens]}. */
    List<int[][]> batches(Integer[] order, int size) {
        List<int[][]> batches = new ArrayList<>();
        for (int from = 0; from < order.length; from += size) {
            int[][] batch = new int[Math.min(size, order.length - from)][];
            for (int i = 0; i < batch.length; i++) {
                batch[i] = ids[order[from + i]];
            }
            batches.add(batch);
        }
        return batches;
    }

    /**
     * A sequence of exactly {@code length} tokens: sentences from the one numbered {@code first} on, one behind the
     * other between one [CLS] and one [SEP], the last one cut.
     */
    int[] sequence(int first, int length) {
        int[] sequence = new int[length];
        sequence[0] = ids[first][0];
        int filled = 1;
        for (int s = first; filled < length - 1; s = (s + 1) % ids.length) {
            int take = Math.min(ids[s].length - 2, length - 1 - filled);
            System.arraycopy(ids[s], 1, sequence, filled, take);
            filled += take;
        }
        sequence[length - 1] = ids[first][ids[first].length - 1];
        return sequence;
    }
}
