#!/usr/bin/env bash
# Measures what an app waits for its first texts, on the library's jar and gson alone and with no archive of classes:
#   benchmarks/first-text.sh [--rounds N] [--model FILE] [--jar OTHER.jar] JAVA_HOME...
# A row for each Java and jar, each round in a JVM of its own and in turns, with minimum/median/maximum.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$here/.."

rounds=7 model=weights/sst2-distilbert.flat
in_turns "--rounds --model --jar" "$@"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/App.java" << 'JAVA'
import io.demitasse.TextClassifier;
import java.nio.file.Path;

/** Prints the kernels' name, and milliseconds: loading, the first text, the second and the hundredth. */
public class App {
    public static void main(String[] arguments) throws InterruptedException {
        String text = "it is a gorgeous , witty , seductive movie that never once forgets how much its people have to "
                + "lose , and it lets them talk until we";
        double[] times = new double[100];
        long start = System.nanoTime();
        try (TextClassifier classifier = TextClassifier.load(Path.of(arguments[0]))) {
            double load = (System.nanoTime() - start) / 1e6;
            for (int i = 0; i < times.length; i++) {
                long before = System.nanoTime();
                classifier.classify(text);
                times[i] = (System.nanoTime() - before) / 1e6;
                Thread.sleep(20);
            }
            System.out.println(classifier.kernels() + " " + load + " " + times[0] + " " + times[1] + " " + times[99]);
        }
    }
}
JAVA
"${homes[0]}/bin/javac" --release 17 -cp "${jars[0]}" -d "$folder" "$folder/App.java"
gson=(target/lib/gson-*.jar)

python3 - "$folder" "$model" "$rounds" "${gson[0]}" "${jars[@]}" -- "${homes[@]}" << 'PYTHON'
import os, statistics, subprocess, sys

folder, model, rounds, gson = sys.argv[1:5]
jars = sys.argv[5:sys.argv.index("--")]
javas = sys.argv[sys.argv.index("--") + 1:]
rows = [(java, jar) for java in javas for jar in jars]
taken = {row: [] for row in rows}
kernels = {}
print("load", *os.getloadavg())
for _ in range(int(rounds)):
    for row in rows:
        command = [row[0] + "/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp",
                   os.pathsep.join([folder, row[1], gson]), "App", model]
        words = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.split()
        kernels[row] = words[0]
        load, first, second, hundredth = map(float, words[1:])
        taken[row].append((load, first, second, hundredth, first / hundredth))
print("| Java, jar, kernels | loading, ms | first text | second | hundredth | first / hundredth |")
print("| --- | --- | --- | --- | --- | --- |")
for row, values in taken.items():
    print("|", ", ".join([*row, kernels[row]]), "|",
          " | ".join(f"{min(c):.1f}/{statistics.median(c):.1f}/{max(c):.1f}" for c in zip(*values)), "|")
print("load", *os.getloadavg())
PYTHON
