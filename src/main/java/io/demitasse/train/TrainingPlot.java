package io.demitasse.train;

import com.google.gson.JsonObject;
import io.demitasse.file.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A training's curves as an SVG: losses above, a metric below, over the steps. Follows the reader's dark mode. */
final class TrainingPlot {

    private static final int WIDTH = 760;
    private static final int LEFT = 64;
    private static final int RIGHT = 736;
    private static final int LOSS_TOP = 84;
    private static final int LOSS_BOTTOM = 334;
    private static final int METRIC_TOP = 386;
    private static final int METRIC_BOTTOM = 516;
    private static final int HEIGHT = 572;
    /** Points of the line of single losses; more would only blacken it. */
    private static final int POINTS = 400;
    private static final int TICKS = 5;

    private static final String STYLE = """
            :root { --paper: #fcfcfb; --ink: #1a1a19; --quiet: #6b6a66; --rule: #e4e3df;
              --training: #2a78d6; --validation: #c2570c; --metric: #1a7f5a; }
            @media (prefers-color-scheme: dark) { :root { --paper: #1a1a19; --ink: #f2f1ee; --quiet: #a3a29c;
              --rule: #383835; --training: #6aa9f2; --validation: #f0945a; --metric: #4fc495; } }
            text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
            .title { font-size: 16px; font-weight: 600; fill: var(--ink); }
            .name { font-size: 13px; fill: var(--ink); }
            .end { text-anchor: end; } .middle { text-anchor: middle; }
            .rule { stroke: var(--rule); stroke-width: 1; }
            .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
            .training { stroke: var(--training); } .validation { stroke: var(--validation); }
            .metric { stroke: var(--metric); } .single { stroke-width: 1; opacity: 0.3; }
            .point { fill: var(--paper); stroke-width: 2; } .best { fill: var(--metric); }
            """;

    private record Point(double step, double value) {
    }

    /** Where values lie on the page; {@code to} is not {@code from}. */
    private record Scale(double from, double to, double fromPixel, double toPixel) {

        double pixel(double value) {
            return fromPixel + (value - from) / (to - from) * (toPixel - fromPixel);
        }
    }

    private final Metric metric;
    private final List<Point> losses = new ArrayList<>();
    private final List<JsonObject> evaluations = new ArrayList<>();
    private final StringBuilder svg = new StringBuilder();
    private Scale x;

    private TrainingPlot(Metric metric) {
        this.metric = metric;
    }

    /** Draws what a training's log tells; it has at least one step and one evaluation, which measured the metric. */
    static String svg(Path log, Metric metric) throws IOException {
        TrainingPlot plot = new TrainingPlot(metric);
        for (String line : Files.readAllLines(log)) {
            JsonObject json = StrictJson.parse(line).getAsJsonObject();
            if (json.has("validation_loss")) {
                plot.evaluations.add(json);
            } else {
                plot.losses.add(new Point(json.get("step").getAsDouble(), json.get("loss").getAsDouble()));
            }
        }
        plot.draw();
        return plot.svg.toString();
    }

    private void draw() {
        JsonObject best = evaluations.get(0);
        for (JsonObject evaluation : evaluations) {
            best = measured(evaluation) > measured(best) ? evaluation : best;
        }
        x = new Scale(0, Math.max(1, losses.get(losses.size() - 1).step), LEFT, RIGHT);
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\""
                + " aria-label=\"Losses and %s by training step\">", WIDTH, HEIGHT, WIDTH, HEIGHT, metric.title());
        svg.append("<style>\n").append(STYLE).append("</style>\n");
        add("<rect width=\"%d\" height=\"%d\" fill=\"var(--paper)\"/>", WIDTH, HEIGHT);
        text(24, 32, "title", "Fine-tuning");
        text(RIGHT, 32, "end", String.format(Locale.ROOT, "best %s %.4f at step %s", metric.title(),
                measured(best), best.get("step")));
        drawLosses();
        drawMetric(best);
        text((LEFT + RIGHT) / 2.0, HEIGHT - 16, "middle", "step");
        svg.append("</svg>\n");
    }

    private void drawLosses() {
        List<Point> smooth = smooth(losses, Math.max(1, losses.size() / 50));
        List<Point> single = smooth.size() <= POINTS ? losses : averages(losses, POINTS);
        List<Point> validation = points("validation_loss");
        double highest = single.stream().mapToDouble(Point::value).max().orElse(1);
        highest = Math.max(highest, validation.stream().mapToDouble(Point::value).max().orElse(1));
        Scale y = axis(0, Math.max(highest, 1e-3), LOSS_TOP, LOSS_BOTTOM, "%.2f");
        name(LEFT, "training", "training loss");
        name(LEFT + 128, "validation", "validation loss");
        curve("training single", single, y);
        curve("training", averages(smooth, POINTS), y);
        curve("validation", validation, y);
        validation.forEach(point -> circle("point validation", point, y));
    }

    private void drawMetric(JsonObject best) {
        List<Point> values = points(metric.key());
        double lowest = values.stream().mapToDouble(Point::value).min().orElse(0);
        double highest = values.stream().mapToDouble(Point::value).max().orElse(1);
        Scale y = axis(Math.max(metric == Metric.PEARSON ? -1 : 0, lowest - 0.02), Math.min(1, highest + 0.02),
                METRIC_TOP, METRIC_BOTTOM, "%.3f");
        text(LEFT, METRIC_TOP - 16, "name", metric.title());
        curve("metric", values, y);
        values.forEach(point -> circle("point metric", point, y));
        circle("best metric", new Point(best.get("step").getAsDouble(), measured(best)), y);
        double step = tickStep(0, x.to);
        for (double tick = 0; tick <= x.to + 1e-9; tick += step) {
            text(x.pixel(tick), METRIC_BOTTOM + 20, "middle", String.format(Locale.ROOT, "%.0f", tick));
        }
    }

    private List<Point> points(String value) {
        ToDoubleFunction<JsonObject> get = json -> json.get(value).getAsDouble();
        return evaluations.stream().map(json -> new Point(json.get("step").getAsDouble(), get.applyAsDouble(json)))
                .toList();
    }

    private double measured(JsonObject evaluation) {
        return evaluation.get(metric.key()).getAsDouble();
    }

    /** A scale from at most {@code from} to at least {@code to}, with lines and numbers at round values. */
    private Scale axis(double from, double to, int top, int bottom, String format) {
        double step = tickStep(from, to);
        long first = (long) Math.floor(from / step);
        long last = (long) Math.ceil(to / step);
        Scale y = new Scale(first * step, last * step, bottom, top);
        for (long tick = first; tick <= last; tick++) {
            double pixel = y.pixel(tick * step);
            add("<line class=\"rule\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, RIGHT, pixel, pixel);
            text(LEFT - 8, pixel + 4, "end", String.format(Locale.ROOT, format, tick * step));
        }
        return y;
    }

    /** 1, 2 or 5 times a power of ten, so that there are about five steps. */
    private static double tickStep(double from, double to) {
        double rough = Math.max(to - from, 1e-6) / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double lead = rough / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    }

    /** Each value with as many before it, averaged with weights that fade. */
    private static List<Point> smooth(List<Point> points, int over) {
        List<Point> smooth = new ArrayList<>();
        double sum = 0;
        double weights = 0;
        for (Point point : points) {
            double fade = 1 - 1.0 / over;
            sum = fade * sum + point.value;
            weights = fade * weights + 1;
            smooth.add(new Point(point.step, sum / weights));
        }
        return smooth;
    }

    private static List<Point> averages(List<Point> points, int most) {
        int each = (points.size() + most - 1) / most;
        List<Point> averages = new ArrayList<>();
        for (int from = 0; from < points.size(); from += each) {
            List<Point> some = points.subList(from, Math.min(points.size(), from + each));
            averages.add(new Point(some.get(some.size() - 1).step,
                    some.stream().mapToDouble(Point::value).average().orElseThrow()));
        }
        return averages;
    }

    private void name(double left, String style, String name) {
        add("<line class=\"curve %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"62\" y2=\"62\"/>", style, left, left + 18);
        text(left + 24, 66, "name", name);
    }

    private void curve(String style, List<Point> points, Scale y) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            path.append(path.isEmpty() ? "M" : "L")
                    .append(String.format(Locale.ROOT, "%.1f %.1f", x.pixel(point.step), y.pixel(point.value)));
        }
        add("<path class=\"curve %s\" d=\"%s\"/>", style, path);
    }

    private void circle(String style, Point point, Scale y) {
        add("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", style, x.pixel(point.step),
                y.pixel(point.value));
    }

    private void text(double left, double baseline, String style, String text) {
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", style, left, baseline, text);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
