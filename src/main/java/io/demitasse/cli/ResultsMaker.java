package io.demitasse.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.Model;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * By what results are made: a command with its options, a model, and kernels, whose last bits are their own.
 *
 * @param model the model's name, which makes no difference
 */
record ResultsMaker(String command, String model, String fingerprint, String kernels, JsonObject options) {

    /** What {@link #json} has. */
    static final Set<String> FIELDS = Set.of("command", "model", "fingerprint", "kernels", "options");

    static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    /** Options that make no difference to results, or are told otherwise. */
    private static final Set<String> OTHERS = Set.of("--model", "--kernels", "--threads", "--input", "--output", "--json",
            "--debug", "--help", "--version");

    static ResultsMaker of(CommandSpec spec, Path file, Model model) {
        JsonObject options = new JsonObject();
        for (OptionSpec option : spec.options()) {
            if (!OTHERS.contains(option.longestName()) && option.getValue() != null) {
                options.addProperty(option.longestName(), String.valueOf(option.<Object>getValue()));
            }
        }
        return new ResultsMaker(spec.name(), file.toAbsolutePath().normalize().toString(), model.fingerprint(),
                model.kernels(), options);
    }

    JsonObject json() {
        JsonObject json = new JsonObject();
        json.addProperty("command", command);
        json.addProperty("model", model);
        json.addProperty("fingerprint", fingerprint);
        json.addProperty("kernels", kernels);
        json.add("options", options);
        return json;
    }

    /**
     * Checks that results which are there were made by the same.
     *
     * @throws IllegalArgumentException if they were not; the message says what was not the same
     */
    void check(Path folder, JsonObject there) {
        differing(folder, "command", there.get("command"), command);
        if (!there.get("fingerprint").getAsString().equals(fingerprint)) {
            throw new IllegalArgumentException(folder + ": what is in it was made with another model, "
                    + there.get("model").getAsString() + " as it was then, not " + model + ": choose another --output");
        }
        differing(folder, "--kernels", there.get("kernels"), kernels);
        JsonObject theirs = there.getAsJsonObject("options");
        Set<String> names = new TreeSet<>(theirs.keySet());
        names.addAll(options.keySet());
        for (String name : names) {
            differing(folder, name, theirs.get(name), options.has(name) ? options.get(name).getAsString() : "");
        }
    }

    private static void differing(Path folder, String name, JsonElement there, String here) {
        String other = there == null ? "" : there.getAsString();
        if (!other.equals(here)) {
            throw new IllegalArgumentException(folder + ": what is in it was made with " + name + " "
                    + (other.isEmpty() ? "not given" : other) + ", not " + (here.isEmpty() ? "without" : here)
                    + ": give the same, or choose another --output");
        }
    }
}
