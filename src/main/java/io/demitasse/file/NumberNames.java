package io.demitasse.file;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names that Python's JSON has for what JSON has no numbers for. */
final class NumberNames {

    private static final List<String> NAMES = List.of("NaN", "Infinity", "-Infinity");

    private NumberNames() {
    }

    /** The text with these names in quotes, where they are not inside of a string already. */
    static String quote(String json) {
        StringBuilder quoted = new StringBuilder(json.length() + 16);
        boolean inString = false;
        for (int at = 0; at < json.length();) {
            char c = json.charAt(at);
            String name = inString ? null : nameAt(json, at);
            if (name != null) {
                quoted.append('"').append(name).append('"');
                at += name.length();
                continue;
            }
            quoted.append(c);
            at++;
            if (c == '"') {
                inString = !inString;
            } else if (c == '\\' && inString && at < json.length()) {
                quoted.append(json.charAt(at++));
            }
        }
        return quoted.toString();
    }

    private static @Nullable String nameAt(String json, int at) {
        for (String name : NAMES) {
            if (json.startsWith(name, at)) {
                return name;
            }
        }
        return null;
    }
}
