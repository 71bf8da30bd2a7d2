package io.demitasse.study;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * {@code a_i = (x_i - b_i) . integral over alpha in [0, 1] of dF/dx_i at b + alpha (x - b)}, for each token i: how the
 * logit F rises on the straight way from a baseline b to a text x, and by which tokens' doing (Sundararajan, Taly and
 * Yan 2017).
 *
 * <p>The way is cut into stretches, each integrated by Simpson's rule. The shares of a stretch must add up to how far F
 * rises along it; those where they do not are halved, the worst first, until they do over the whole way. No gradient is
 * thrown away, and steps are taken where the model makes up its mind.
 */
final class IntegratedGradients {

    /** So many points at most. */
    static final int MOST_STEPS = 64;

    private static final int FIRST_STRETCHES = 8;
    private static final int HALVED_TOGETHER = 2;
    /** How far the shares may miss the rise, as a part of it. */
    private static final double COMPLETE = 0.005;

    /**
     * One point of the way.
     *
     * @param slopes {@code (x_i - b_i) . dF/dx_i}, for each token i: their sum is F's slope along the way
     */
    record Point(double alpha, double logit, double[] slopes) {
    }

    private record Stretch(Point start, Point middle, Point end) {

        double length() {
            return end.alpha - start.alpha;
        }

        /** Simpson's rule. */
        double share(int token) {
            return length() / 6 * (start.slopes[token] + 4 * middle.slopes[token] + end.slopes[token]);
        }

        /** How far the shares miss the rise. */
        double error() {
            double sum = 0;
            for (int token = 0; token < start.slopes.length; token++) {
                sum += share(token);
            }
            return sum - (end.logit - start.logit);
        }
    }

    private final Function<List<Double>, List<Point>> points;
    private final List<Stretch> stretches = new ArrayList<>();
    private int steps;

    /** @param points takes the gradient at some alphas, all at once */
    IntegratedGradients(Function<List<Double>, List<Point>> points) {
        this.points = points;
    }

    /** What each token did, {@code [tokens]}. */
    double[] shares() {
        start();
        while (steps + 2 * HALVED_TOGETHER <= MOST_STEPS && !complete()) {
            halve(stretches.stream().sorted(Comparator.comparing(stretch -> -Math.abs(stretch.error())))
                    .limit(HALVED_TOGETHER).toList());
        }
        double[] shares = new double[stretches.get(0).start.slopes.length];
        for (Stretch stretch : stretches) {
            for (int token = 0; token < shares.length; token++) {
                shares[token] += stretch.share(token);
            }
        }
        return shares;
    }

    /** How many gradients were taken. */
    int steps() {
        return steps;
    }

    /** {@code F(x) - F(b)}, once there are shares. */
    double difference() {
        return stretches.get(stretches.size() - 1).end.logit - stretches.get(0).start.logit;
    }

    private void start() {
        List<Double> alphas = new ArrayList<>();
        for (int i = 0; i <= 2 * FIRST_STRETCHES; i++) {
            alphas.add(i / (2.0 * FIRST_STRETCHES));
        }
        List<Point> first = take(alphas);
        for (int i = 0; i < FIRST_STRETCHES; i++) {
            stretches.add(new Stretch(first.get(2 * i), first.get(2 * i + 1), first.get(2 * i + 2)));
        }
    }

    private boolean complete() {
        double error = stretches.stream().mapToDouble(Stretch::error).sum();
        return Math.abs(error) <= COMPLETE * Math.abs(difference());
    }

    private void halve(List<Stretch> bad) {
        List<Double> alphas = new ArrayList<>();
        for (Stretch stretch : bad) {
            alphas.add((stretch.start.alpha + stretch.middle.alpha) / 2);
            alphas.add((stretch.middle.alpha + stretch.end.alpha) / 2);
        }
        List<Point> middles = take(alphas);
        for (int i = 0; i < bad.size(); i++) {
            Stretch whole = bad.get(i);
            int place = stretches.indexOf(whole);
            stretches.set(place, new Stretch(whole.start, middles.get(2 * i), whole.middle));
            stretches.add(place + 1, new Stretch(whole.middle, middles.get(2 * i + 1), whole.end));
        }
    }

    private List<Point> take(List<Double> alphas) {
        steps += alphas.size();
        return points.apply(alphas);
    }
}
