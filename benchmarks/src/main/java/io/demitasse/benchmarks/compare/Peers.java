package io.demitasse.benchmarks.compare;

import io.demitasse.kernel.Int8Activations;
import io.demitasse.kernel.KernelChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** All peers, by name. Those that the arguments leave out, or that do not work here, are not loaded. */
final class Peers implements AutoCloseable {

    private static final String REFERENCE_KERNELS = "plain";

    private final Arguments arguments;
    private final DemitassePeer reference;
    private final List<Peer> peers = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();

    private Peers(Arguments arguments) {
        this.arguments = arguments;
        this.reference = demitasse(REFERENCE_KERNELS, "F32", arguments.model());
    }

    static Peers load(Arguments arguments) {
        Peers peers = new Peers(arguments);
        peers.addDemitasse();
        peers.addOnnxRuntime("", true);
        peers.addOnnxRuntime("-no-spin", false);
        peers.add("pytorch-f32", () ->
                new PyTorchPeer("pytorch-f32", arguments.onnx().resolve("distilbert.pt"), arguments.threads()));
        if (peers.peers.isEmpty()) {
            throw new IllegalArgumentException("--only " + String.join(",", arguments.only()) + " leaves no peer");
        }
        return peers;
    }

    /** Fastest kernels first, so that the first one of each kind of weights is the one an app gets. */
    private void addDemitasse() {
        for (KernelChoice.Attempt attempt : KernelChoice.attempts()) {
            String name = "demitasse-" + attempt.name();
            if (!attempt.works()) {
                if (arguments.takes(name)) {
                    missing.add(name + ": " + attempt.reason());
                }
                continue;
            }
            add(name + "-f32", () -> attempt.name().equals(REFERENCE_KERNELS) ? reference
                    : demitasse(attempt.name(), "F32", arguments.model()));
            if (arguments.int8() != null) {
                add(name + "-int8", () -> demitasse(attempt.name(), "int8", arguments.int8()));
                if (attempt.name().equals("machine")) {
                    addFast(name + "-int8-fast", attempt.name());
                }
            }
        }
    }

    private void addFast(String name, String kernels) {
        try {
            KernelChoice.choose(kernels, Int8Activations.FAST);
            add(name, () -> new DemitassePeer(name, arguments.int8(), "int8", kernels, Int8Activations.FAST,
                    arguments.threads()));
        } catch (IllegalArgumentException e) {
            missing.add(name + ": " + e.getMessage());
        }
    }

    private DemitassePeer demitasse(String kernels, String weights, Path model) {
        String name = "demitasse-" + kernels + "-" + weights.toLowerCase(Locale.ROOT);
        return new DemitassePeer(name, model, weights, kernels, Int8Activations.EXACT, arguments.threads());
    }

    private void addOnnxRuntime(String suffix, boolean spinning) {
        add("onnxruntime-f32" + suffix, () -> new OnnxRuntimePeer("onnxruntime-f32" + suffix, arguments.onnx(), "fp32",
                "F32", arguments.threads(), spinning));
        add("onnxruntime-int8" + suffix, () -> new OnnxRuntimePeer("onnxruntime-int8" + suffix, arguments.onnx(),
                "int8", "int8", arguments.threads(), spinning));
    }

    private void add(String name, Supplier<Peer> load) {
        if (arguments.takes(name)) {
            peers.add(load.get());
        }
    }

    /** What all are checked against: Demitasse's plain kernels on F32 weights, whether it takes part or not. */
    DemitassePeer reference() {
        return reference;
    }

    List<Peer> all() {
        return peers;
    }

    /** The kernels that do not work here, and why. */
    List<String> missing() {
        return missing;
    }

    /** Demitasse's peer to divide this one's time by, of the same weights if there is one; null if there is none. */
    Peer baseline(Peer peer) {
        List<Peer> demitasse = peers.stream().filter(DemitassePeer.class::isInstance).toList();
        return demitasse.stream().filter(d -> d.weights().equals(peer.weights())).findFirst()
                .orElse(demitasse.isEmpty() ? null : demitasse.get(0));
    }

    @Override
    public void close() {
        peers.forEach(Peer::close);
        reference.close();
    }
}
