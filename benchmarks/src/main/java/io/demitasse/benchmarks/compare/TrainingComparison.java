package io.demitasse.benchmarks.compare;

import io.demitasse.file.FlatFile;
import io.demitasse.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Fine-tunes with Demitasse and its peers in turns, from the same weights, on the same batches and threads. First
 * checks that without dropout, which each draws by itself, all of them have the same losses.
 */
public final class TrainingComparison {

    private static final String USAGE = "usage: TrainingComparison --model F32.flat --module TRAINING.pt"
            + " --script pytorch_training.py [--python PYTHON] [--threads N] [--rounds N] [--steps N]"
            + " [--precision f32|bf16] [--json out.json]";
    private static final List<String> NAMES = List.of("--model", "--module", "--script", "--python", "--threads",
            "--rounds", "--steps", "--precision", "--json");

    /** Without dropout. */
    private static final int CHECKED_STEPS = 5;

    /**
     * What to compare.
     *
     * @param model the flat file with F32, F16 or BF16 weights
     * @param module what export_torchscript.py --training wrote
     * @param script pytorch_training.py
     * @param python a Python that has PyTorch; null if there is none
     * @param steps how many steps a peer's turn has
     * @param bf16 whether linear layers multiply in bfloat16: ours, and PyTorch's under autocast
     * @param json where to write the results; null for nowhere
     */
    private record Arguments(Path model, Path module, Path script, String python, int threads, int rounds, int steps,
                             boolean bf16, Path json) {

        static Arguments parse(String[] args) {
            Flags flags = new Flags(args, NAMES);
            String precision = flags.text("--precision");
            if (precision != null && !List.of("f32", "bf16").contains(precision)) {
                throw new IllegalArgumentException("--precision must be f32 or bf16, not " + precision);
            }
            return new Arguments(flags.neededPath("--model"), flags.neededPath("--module"),
                    flags.neededPath("--script"), flags.text("--python"),
                    flags.count("--threads", Runtime.getRuntime().availableProcessors()),
                    flags.count("--rounds", 5), flags.count("--steps", 4), "bf16".equals(precision),
                    flags.path("--json"));
        }
    }

    /**
     * All that was found, for a file.
     *
     * @param missing the peers that are left out, and why
     * @param speed seconds a step
     */
    private record Report(Machine machine, int threads, int rounds, int stepsOfATurn, int sequences, int length,
                          List<String> missing, List<Losses> losses, List<Measurement> speed) {
    }

    /**
     * What a peer's steps gave.
     *
     * @param checked without dropout
     * @param difference the largest of {@code checked} from Demitasse's
     * @param mean over all steps with dropout
     */
    private record Losses(String peer, String version, double[] checked, double difference, double mean) {
    }

    /** A peer's way through the batches. */
    private static final class Course {

        final TrainingPeer peer;
        private final IntFunction<TrainingBatch> batches;
        private int made;
        private double lossSum;

        Course(TrainingPeer peer, IntFunction<TrainingBatch> batches) {
            this.peer = peer;
            this.batches = batches;
        }

        /** Makes some steps. @return seconds a step */
        double turn(int steps) {
            List<TrainingBatch> next = new ArrayList<>();
            for (int i = 0; i < steps; i++) {
                next.add(batches.apply(made + i));
            }
            long start = System.nanoTime();
            for (TrainingBatch batch : next) {
                lossSum += peer.step(batch, true);
            }
            made += steps;
            return (System.nanoTime() - start) / 1e9 / steps;
        }

        double meanLoss() {
            return lossSum / made;
        }
    }

    private TrainingComparison() {
    }

    public static void main(String[] args) throws IOException {
        Arguments arguments = Flags.parse(args, Arguments::parse, USAGE);
        Machine machine = Machine.here();
        List<TrainingPeer> peers = new ArrayList<>();
        try {
            List<String> missing = new ArrayList<>();
            peers.add(new DemitasseTraining(arguments.model, arguments.threads, arguments.bf16));
            if (arguments.bf16) {
                missing.add("djl-pytorch: DJL has no autocast");
            } else {
                peers.add(new DjlTraining(arguments.module, arguments.threads));
            }
            if (arguments.python != null) {
                peers.add(new PythonTraining(arguments.python, arguments.script, arguments.model, arguments.threads,
                        arguments.bf16));
            } else {
                missing.add("pytorch-python: no Python has torch; apt-get install python3-torch libopenblas0-openmp");
            }
            Report report = compare(arguments, machine, peers, missing, new Table(System.out));
            if (arguments.json != null) {
                Json.write(report, arguments.json);
            }
        } finally {
            peers.forEach(TrainingPeer::close);
        }
    }

    private static Report compare(Arguments arguments, Machine machine, List<TrainingPeer> peers, List<String> missing,
                                  Table table) {
        table.machine(machine, arguments.threads, arguments.rounds, missing);
        IntFunction<TrainingBatch> batches = batches(arguments.model);
        double[][] checked = check(peers, batches.apply(0), table);

        table.trainingHeader(TrainingBatch.SEQUENCES, TrainingBatch.LENGTH, arguments.steps);
        List<Course> courses = peers.stream().map(peer -> new Course(peer, batches)).toList();
        double[][] seconds = Turns.time(courses, arguments.rounds, course -> course.turn(arguments.steps));
        List<Measurement> speed = new ArrayList<>();
        List<Losses> losses = new ArrayList<>();
        for (int p = 0; p < peers.size(); p++) {
            TrainingPeer peer = peers.get(p);
            speed.add(Measurement.of("training step", peer.name(), seconds[p], peers.get(0).name(), seconds[0]));
            losses.add(new Losses(peer.name(), peer.version(), checked[p], difference(checked[p], checked[0]),
                    courses.get(p).meanLoss()));
        }
        table.throughput(speed);
        losses.forEach(l -> table.meanLoss(l.peer, l.mean));
        return new Report(machine, arguments.threads, arguments.rounds, arguments.steps, TrainingBatch.SEQUENCES,
                TrainingBatch.LENGTH, missing, losses, speed);
    }

    private static IntFunction<TrainingBatch> batches(Path model) {
        try (FlatFile file = FlatFile.open(model)) {
            int vocabulary = ModelConfig.of(file).shape().vocabSize();
            int labels = file.labels().size();
            return number -> TrainingBatch.draw(number, vocabulary, labels);
        }
    }

    /** The losses of steps without dropout on one batch, {@code [peers][steps]}. */
    private static double[][] check(List<TrainingPeer> peers, TrainingBatch batch, Table table) {
        table.lossesHeader();
        double[][] losses = new double[peers.size()][CHECKED_STEPS];
        for (int p = 0; p < losses.length; p++) {
            TrainingPeer peer = peers.get(p);
            Arrays.setAll(losses[p], step -> peer.step(batch, false));
            table.losses(peer.name(), losses[p], difference(losses[p], losses[0]), peer.version());
        }
        return losses;
    }

    private static double difference(double[] losses, double[] reference) {
        double largest = 0;
        for (int i = 0; i < losses.length; i++) {
            double difference = Math.abs(losses[i] - reference[i]);
            // NaN is never the larger one, so it must be asked for.
            largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
        }
        return largest;
    }
}
