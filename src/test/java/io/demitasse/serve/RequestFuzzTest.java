package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Input;
import io.demitasse.fuzz.Mutator;
import io.demitasse.serve.RequestException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever a body is, it is a request or refused with a reason. A short part of it runs always;
 * {@code -Ddemitasse.fuzz.inputs=N -Ddemitasse.fuzz.seed=S} runs N inputs, and others.
 */
class RequestFuzzTest {

    private static final int INPUTS = Integer.getInteger("demitasse.fuzz.inputs", 5000);
    private static final long SEED = Long.getLong("demitasse.fuzz.seed", 1);
    private static final int MOST_TEXTS = 4;
    private static final long LONGEST_NANOS = 5_000_000_000L;

    private static final List<Field> FIELDS = List.of(Field.inputs("inputs", ""), Field.TRUNCATE, Field.RAW_SCORES,
            Field.flag("normalize", "", ""), Field.integer("top_k", ""), Field.text("prompt_name", "", ""),
            new Field("candidate_labels", Field.Kind.TEXTS, false, "", ""),
            new Field("texts", Field.Kind.DOCUMENTS, false, "", ""), new Field("ids", Field.Kind.IDS, false, "", ""));

    private static final List<String> VALID = List.of("{\"inputs\":\"a good film\"}",
            "{\"inputs\":[\"a\",[\"b\"],[\"c\",\"d\"]],\"truncate\":true,\"raw_scores\":false}",
            "{\"inputs\":{\"question\":\"a\",\"sentences\":[\"b\",\"c\"]},\"parameters\":{\"top_k\":3,\"candidate_labels\":[\"a\"]}}",
            "{\"inputs\":[[1,2,3],[4]],\"ids\":[[1],[2,3]],\"texts\":[\"a\",{\"text\":\"b\"}],\"prompt_name\":\"q\"}",
            "{\"truncate\":null,\"x\":{\"x\":[1e5,{\"y\":null}]},\"inputs\":[\"caf\u00e9 \uD83D\uDE00 \\ud83d\\ude00\"]}",
            "{\"inputs\":\"a\",\"normalize\":false,\"add_special_tokens\":true}");
    /** Values where another was expected. */
    private static final List<String> VALUES = List.of("1", "-0", "1e999999", "9".repeat(400), "0." + "0".repeat(400) + "1",
            "true", "null", "{}", "[]", "[[]]", "\"\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "[\"a\",null]",
            "[[\"a\",\"b\",\"c\"]]", "[\"a\",\"a\",\"a\",\"a\",\"a\"]", "{\"inputs\":\"a\"}", "NaN", "'a'");
    private static final List<String> NAMES = List.of("inputs", "truncate", "normalize", "raw_scores",
            "add_special_tokens", "parameters", "top_k", "prompt_name", "candidate_labels", "texts", "ids", "x", "", "\\u0069nputs", "\\ud800");

    @Test
    void aBodyIsARequestOrRefusedWithAReason() {
        Map<Kind, Integer> refused = new EnumMap<>(Kind.class);
        int accepted = 0;
        for (int i = 0; i < INPUTS; i++) {
            byte[] body = body(new Random(SEED * 1_000_003 + i));
            long start = System.nanoTime();
            try {
                check(InferenceRequest.parse(new ByteArrayInputStream(body), FIELDS, MOST_TEXTS));
                accepted++;
            } catch (RequestException e) {
                assertThat(e.kind()).isIn(Kind.MALFORMED, Kind.EMPTY, Kind.TOO_MANY_TEXTS);
                assertThat(e.getMessage()).hasSizeLessThan(500).doesNotContain("\n")
                        .matches(message -> message.startsWith("the body ") || message.startsWith("\""), "names the field");
                refused.merge(e.kind(), 1, Integer::sum);
            } catch (Exception | StackOverflowError | AssertionError e) {
                throw new AssertionError("input " + i + " of seed " + SEED + ": "
                        + HexFormat.of().formatHex(body, 0, Math.min(body.length, 6000)), e);
            }
            assertThat(System.nanoTime() - start).as("nanoseconds for input %d of seed %d", i, SEED)
                    .isLessThan(LONGEST_NANOS);
        }
        assertThat(accepted).isGreaterThan(INPUTS / 50);
        assertThat(refused).containsOnlyKeys(Kind.MALFORMED, Kind.EMPTY, Kind.TOO_MANY_TEXTS);
    }

    private static void check(InferenceRequest request) {
        assertThat(request.inputs()).hasSizeBetween(1, MOST_TEXTS);
        for (Item item : request.inputs()) {
            // Encoded and decoded, a lone surrogate would come back as a question mark.
            texts(item).forEach(text ->
                    assertThat(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)).isEqualTo(text));
        }
    }

    private static Stream<String> texts(Item item) {
        if (item.fields() != null) {
            return Stream.of(item.fields().toString());
        }
        return item.input() instanceof Input.Pair pair ? Stream.of(pair.text(), pair.pair())
                : item.input() instanceof Input.Text text ? Stream.of(text.text()) : Stream.of();
    }

    private static byte[] body(Random random) {
        byte[] valid = VALID.get(random.nextInt(VALID.size())).getBytes(StandardCharsets.UTF_8);
        return switch (random.nextInt(8)) {
            case 0 -> noise(random);
            case 1 -> nested(random).getBytes(StandardCharsets.UTF_8);
            case 2, 3 -> object(random).getBytes(StandardCharsets.UTF_8);
            default -> new Mutator(random).mutate(valid, 0, valid.length);
        };
    }

    /** Random bytes, half of them where a text stands. */
    private static byte[] noise(Random random) {
        byte[] bytes = new byte[random.nextInt(200)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            return bytes;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("{\"inputs\":\"".getBytes(StandardCharsets.UTF_8));
        out.writeBytes(bytes);
        out.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    /** Deeper than Gson goes, or nearly; sometimes with its ends. */
    private static String nested(Random random) {
        int depth = random.nextInt(random.nextInt(20) == 0 ? 20_000 : 400);
        boolean arrays = random.nextBoolean();
        String nest = (arrays ? "[" : "{\"a\":").repeat(depth) + "1"
                + (random.nextBoolean() ? (arrays ? "]" : "}").repeat(depth) : "");
        return "{\"" + NAMES.get(random.nextInt(NAMES.size())) + "\":" + nest + ",\"inputs\":\"a\"}";
    }

    /** An object of this server's names and others, often twice, with any values. */
    private static String object(Random random) {
        StringBuilder object = new StringBuilder("{\"inputs\":")
                .append(random.nextBoolean() ? "\"a\"" : VALUES.get(random.nextInt(VALUES.size())));
        for (int fields = random.nextInt(3); fields > 0; fields--) {
            object.append(",\"").append(NAMES.get(random.nextInt(NAMES.size()))).append("\":")
                    .append(random.nextBoolean() ? "true" : VALUES.get(random.nextInt(VALUES.size())));
        }
        return object.append('}').toString();
    }
}
