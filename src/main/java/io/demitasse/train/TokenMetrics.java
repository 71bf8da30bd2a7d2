package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How well labels of tokens fit. Precision, recall and F1 are those of entities, which are right if type, beginning and
 * end are, as conlleval and seqeval count them: {@code B-} begins one, and so does {@code I-} behind another type or
 * {@code O}. Labels without such a prefix make entities of tokens of one label in a row. Tokens without a label, such as
 * all pieces of a word but the first, are left out before that.
 */
public final class TokenMetrics implements Metrics {

    /** Beginning, inside, end, and an entity of one token. */
    private static final String PREFIXES = "BIES";

    private record Entity(String type, int start, int end) {
    }

    private final List<String> labels;
    private long examples;
    private long tokens;
    private long right;
    private long found;
    private long actual;
    private long truePositives;
    private double lossSum;

    /** @param labels by number */
    public TokenMetrics(List<String> labels) {
        this.labels = List.copyOf(labels);
    }

    @Override
    public void add(Matrix outputs, Target target) {
        int[] expected = Loss.as(Target.TokenLabels.class, target).labels();
        String[] expectedNames = new String[expected.length];
        String[] foundNames = new String[expected.length];
        double[] row = new double[outputs.columns()];
        int count = 0;
        for (int token = 0; token < expected.length; token++) {
            if (expected[token] == Target.IGNORED) {
                continue;
            }
            CrossEntropy.copyRow(outputs, token, row);
            int predicted = 0;
            for (int label = 1; label < row.length; label++) {
                predicted = row[label] > row[predicted] ? label : predicted;
            }
            lossSum += CrossEntropy.logSumExp(row) - row[expected[token]];
            right += predicted == expected[token] ? 1 : 0;
            expectedNames[count] = labels.get(expected[token]);
            foundNames[count++] = labels.get(predicted);
        }
        examples++;
        tokens += count;
        Set<Entity> entities = entities(expectedNames, count);
        actual += entities.size();
        Set<Entity> predictions = entities(foundNames, count);
        found += predictions.size();
        predictions.retainAll(entities);
        truePositives += predictions.size();
    }

    private static Set<Entity> entities(String[] names, int count) {
        Set<Entity> entities = new HashSet<>();
        int start = -1;
        String type = "";
        for (int i = 0; i <= count; i++) {
            String name = i < count ? names[i] : "O";
            boolean prefixed = name.length() > 1 && name.charAt(1) == '-' && PREFIXES.indexOf(name.charAt(0)) >= 0;
            char prefix = prefixed ? name.charAt(0) : 'I';
            String next = name.equals("O") ? "" : prefixed ? name.substring(2) : name;
            boolean goesOn = start >= 0 && next.equals(type) && (prefix == 'I' || prefix == 'E');
            if (start >= 0 && !goesOn) {
                entities.add(new Entity(type, start, i));
                start = -1;
            }
            if (start < 0 && !next.isEmpty()) {
                start = i;
                type = next;
            }
            if (start >= 0 && (prefix == 'E' || prefix == 'S') && !next.isEmpty()) {
                entities.add(new Entity(type, start, i + 1));
                start = -1;
            }
        }
        return entities;
    }

    @Override
    public long examples() {
        return examples;
    }

    @Override
    public double loss() {
        return lossSum / tokens;
    }

    /** How many tokens have a label. */
    public long tokens() {
        return tokens;
    }

    @Override
    public Map<Metric, Double> values() {
        double precision = found == 0 ? 0 : (double) truePositives / found;
        double recall = actual == 0 ? 0 : (double) truePositives / actual;
        Map<Metric, Double> values = new LinkedHashMap<>();
        values.put(Metric.F1, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
        values.put(Metric.PRECISION, precision);
        values.put(Metric.RECALL, recall);
        values.put(Metric.ACCURACY, (double) right / tokens);
        return values;
    }
}
