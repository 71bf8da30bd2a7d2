package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** What has happened so far, in Prometheus' text format. */
final class Metrics {

    /** Upper bounds of the latency histogram's buckets, in seconds. */
    private static final double[] BUCKETS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();      // by labels
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final Map<String, Histogram> durations = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder batches = new LongAdder();
    private final LongAdder texts = new LongAdder();
    private final LongAdder tokens = new LongAdder();
    private final LongAdder truncated = new LongAdder();
    private final LongAdder gone = new LongAdder();
    private volatile LongSupplier queue = () -> 0;

    void watchQueue(LongSupplier waitingTokens) {
        queue = waitingTokens;
    }

    void started() {
        inFlight.incrementAndGet();
    }

    void finished() {
        inFlight.decrementAndGet();
    }

    /**
     * Counts an answer.
     *
     * @param path one of the server's own paths: strangers must not make new time series
     */
    void answered(String path, int status, long nanos) {
        count(requests, "path=\"" + path + "\",status=\"" + status + "\"");
        durations.computeIfAbsent("path=\"" + path + "\"", p -> new Histogram()).add(nanos / 1e9);
    }

    void error(Kind kind) {
        count(errors, "error_type=\"" + kind.errorType + "\",status=\"" + kind.status + "\"");
    }

    void batch(int sequences, int batchTokens) {
        batches.increment();
        texts.add(sequences);
        tokens.add(batchTokens);
    }

    void truncated(int inputs) {
        truncated.add(inputs);
    }

    /** Counts a request whose client went before it had its answer. */
    void gone() {
        gone.increment();
    }

    private static void count(Map<String, LongAdder> counters, String labels) {
        counters.computeIfAbsent(labels, l -> new LongAdder()).increment();
    }

    String text() {
        StringBuilder out = new StringBuilder();
        family(out, "requests_total", "counter", "Answers by path and status.");
        series(out, "requests_total", requests);
        family(out, "errors_total", "counter", "Requests that were refused or failed, by kind.");
        series(out, "errors_total", errors);
        single(out, "requests_in_flight", "gauge", "Requests that are being answered.", inFlight.get());
        single(out, "queue_tokens", "gauge", "Tokens that wait to be computed.", queue.getAsLong());
        single(out, "batches_total", "counter", "Batches computed.", batches.sum());
        single(out, "texts_total", "counter", "Texts computed.", texts.sum());
        single(out, "tokens_total", "counter", "Tokens computed.", tokens.sum());
        single(out, "truncated_texts_total", "counter", "Texts whose end was cut off.", truncated.sum());
        single(out, "requests_gone_total", "counter", "Requests whose client had gone before the answer.", gone.sum());
        family(out, "request_duration_seconds", "histogram", "From a request's headers to the end of its answer.");
        new TreeMap<>(durations).forEach((labels, histogram) -> histogram.write(out, labels));
        return out.toString();
    }

    private static void family(StringBuilder out, String name, String type, String help) {
        out.append("# HELP demitasse_").append(name).append(' ').append(help).append('\n')
                .append("# TYPE demitasse_").append(name).append(' ').append(type).append('\n');
    }

    private static void single(StringBuilder out, String name, String type, String help, long value) {
        family(out, name, type, help);
        out.append("demitasse_").append(name).append(' ').append(value).append('\n');
    }

    private static void series(StringBuilder out, String name, Map<String, LongAdder> counters) {
        new TreeMap<>(counters).forEach((labels, counter) -> out.append("demitasse_").append(name).append('{')
                .append(labels).append("} ").append(counter.sum()).append('\n'));
    }

    /** Latencies counted in buckets. */
    private static final class Histogram {

        private final long[] counts = new long[BUCKETS.length + 1];
        private double sum;

        synchronized void add(double seconds) {
            int bucket = 0;
            while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]) {
                bucket++;
            }
            counts[bucket]++;
            sum += seconds;
        }

        synchronized void write(StringBuilder out, String labels) {
            long upTo = 0;
            for (int i = 0; i < counts.length; i++) {
                upTo += counts[i];
                String bound = i < BUCKETS.length ? String.valueOf(BUCKETS[i]) : "+Inf";
                out.append("demitasse_request_duration_seconds_bucket{").append(labels).append(",le=\"").append(bound)
                        .append("\"} ").append(upTo).append('\n');
            }
            out.append("demitasse_request_duration_seconds_sum{").append(labels).append("} ")
                    .append(String.format(Locale.ROOT, "%.6f", sum)).append('\n');
            out.append("demitasse_request_duration_seconds_count{").append(labels).append("} ").append(upTo)
                    .append('\n');
        }
    }
}
