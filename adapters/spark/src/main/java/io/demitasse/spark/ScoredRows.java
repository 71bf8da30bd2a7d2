package io.demitasse.spark;

import io.demitasse.Model;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;

/**
 * A partition's rows with a model's outputs behind their own columns, in their order. Rows are read some at a time: the
 * model packs their tokens without padding, so a group is bounded by how much text it holds, not by its longest row.
 */
final class ScoredRows implements Iterator<Row> {

    /** UTF-16 units of text in a group, unless one row alone has more. */
    private static final int CHARACTERS = 1 << 18;
    /** Rows in the first group: who looks at a table's first rows need not wait for a whole one. */
    private static final int FIRST = 8;

    /**
     * What is to be done.
     *
     * @param file the model's bytes, fetched where the model is not open yet
     * @param columns which columns hold the texts
     * @param names what these are called
     * @param used which of them are wanted, in their order
     * @param handleInvalid {@code keep}, {@code skip} or {@code error}
     * @param reason whether a column says why a row has no result
     * @param batchSize how many rows a group has at most
     */
    record Plan(ModelSpec model, Broadcast<byte[]> file, RowTask task, int[] columns, String[] names, int[] used,
                String handleInvalid, boolean reason, int batchSize) implements Serializable {
    }

    private final Iterator<Row> source;
    private final Plan plan;
    private final ArrayDeque<Row> ready = new ArrayDeque<>();
    private int size;
    private @Nullable Model model;

    ScoredRows(Iterator<Row> source, Plan plan) {
        this.source = source;
        this.plan = plan;
        this.size = Math.min(FIRST, plan.batchSize);
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && source.hasNext()) {
            scoreGroup();
        }
        return !ready.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void scoreGroup() {
        List<Row> rows = new ArrayList<>(size);
        List<@Nullable String> reasons = new ArrayList<>(size);
        List<String[]> texts = new ArrayList<>(size);      // of the rows that have all of theirs
        long characters = 0;
        while (rows.size() < size && characters < CHARACTERS && source.hasNext()) {
            Row row = source.next();
            rows.add(row);
            String[] own = new String[plan.columns.length];
            String reason = null;
            for (int c = 0; c < own.length; c++) {
                own[c] = row.isNullAt(plan.columns[c]) ? null : row.getString(plan.columns[c]);
                if (own[c] == null) {
                    reason = reason == null ? plan.names[c] + " is null" : reason;
                } else {
                    characters += own[c].length();
                }
            }
            reasons.add(reason);
            if (reason == null) {
                texts.add(own);
            } else {
                refuseIfAsked(reason, null);
            }
        }
        size = Math.min(2 * size, plan.batchSize);
        Iterator<Object> results = results(texts).iterator();
        for (int i = 0; i < rows.size(); i++) {
            Object result = reasons.get(i) == null ? results.next() : reasons.get(i);
            if (result instanceof Object[] values) {
                ready.add(extended(rows.get(i), values, null));
            } else if (!plan.handleInvalid.equals("skip")) {
                ready.add(extended(rows.get(i), null, (String) result));
            }
        }
    }

    /** For each row its output columns' values, an Object[], or the reason why there are none, a String. */
    private List<Object> results(List<String[]> texts) {
        if (texts.isEmpty()) {
            return List.of();
        }
        if (model == null) {
            model = SharedModels.get(plan.model, plan.file);
            // What is wrong with the parameters is wrong with every row, and no reason to leave all of them out.
            String[] shortest = new String[plan.columns.length];
            Arrays.fill(shortest, "a");
            plan.task.job(model, List.<String[]>of(shortest));
        }
        try {
            return new ArrayList<>(model.run(plan.task.job(model, texts)));
        } catch (IllegalArgumentException oneOfThem) {
            List<Object> results = new ArrayList<>(texts.size());
            for (String[] own : texts) {
                try {
                    results.add(model.run(plan.task.job(model, List.<String[]>of(own))).get(0));
                } catch (IllegalArgumentException e) {
                    refuseIfAsked(e.getMessage(), e);
                    results.add(e.getMessage());
                }
            }
            return results;
        }
    }

    private void refuseIfAsked(String reason, @Nullable Exception cause) {
        if (plan.handleInvalid.equals("error")) {
            throw new IllegalArgumentException("a row of column " + String.join(", ", plan.names) + " has no result: "
                    + reason + ". With handleInvalid \"keep\" or \"skip\" such rows do not end the job", cause);
        }
    }

    private Row extended(Row row, Object @Nullable [] values, @Nullable String reason) {
        Object[] all = new Object[row.size() + plan.used.length + (plan.reason ? 1 : 0)];
        for (int c = 0; c < row.size(); c++) {
            all[c] = row.get(c);
        }
        for (int u = 0; values != null && u < plan.used.length; u++) {
            all[row.size() + u] = values[plan.used[u]];
        }
        if (plan.reason) {
            all[all.length - 1] = reason;
        }
        return RowFactory.create(all);
    }
}
