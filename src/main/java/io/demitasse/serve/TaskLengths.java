package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.Input;
import io.demitasse.Task;
import io.demitasse.serve.RequestException.Kind;
import io.demitasse.tokenizer.Encoding;

/**
 * How long a task's texts may be. Most are cut; some are read in windows, and how much these share says the request: a few
 * words more a window, and a text becomes a thousand times its length.
 */
final class TaskLengths {

    /** Tokens that the model reads for one request, windows and pairs with what they share included. */
    static final int MOST_TOKENS = 1 << 19;

    private static final String STRIDE = "stride";
    private static final String DOC_STRIDE = "doc_stride";
    private static final String MAX_SEQ_LEN = "max_seq_len";

    private final Task task;
    private final ServedModel model;

    TaskLengths(Task task, ServedModel model) {
        this.task = task;
        this.model = model;
    }

    /** Whether the task is about a text by itself. */
    boolean isOfOneText() {
        return task.fields().size() == 1 && task.fields().get(0).name().equals("text");
    }

    private boolean has(String parameter) {
        return task.parameters().stream().anyMatch(one -> one.name().equals(parameter));
    }

    /** Refuses a request that takes more tokens than one may. */
    void checkTokens(long tokens) {
        if (tokens > MOST_TOKENS) {
            throw new RequestException(Kind.TOO_LARGE, "the model would have to read about " + tokens + " tokens for this, and at "
                    + "most " + MOST_TOKENS + " are read for a request: send less text, or let windows and labels be fewer");
        }
    }

    /**
     * Refuses a text that makes too many windows, before they are made. What is wrong otherwise is left to the task.
     *
     * @param tokens what the inputs before this one take
     */
    void checkWindows(Item item, JsonObject given, long tokens) {
        int length = model.tokenizer().settings().maxLength();
        if (has(DOC_STRIDE) && item.fields() != null && text(item, "question") && text(item, "context")) {
            length = Math.min(length, number(given, MAX_SEQ_LEN, 384));
            int room = length - model.tokenizer().addedTokens(true) - count(item.fields().get("question").getAsString());
            checkTokens(tokens + windows(count(item.fields().get("context").getAsString()), room,
                    number(given, DOC_STRIDE, Math.min(length / 2, 128))) * length);
        } else if (has(STRIDE) && given.has(STRIDE) && item.isText()) {
            checkTokens(tokens + windows(count(((Input.Text) item.textOrPair()).text()),
                    length - model.tokenizer().addedTokens(false), given.get(STRIDE).getAsInt()) * length);
        }
    }

    private static boolean text(Item item, String name) {
        return item.fields().has(name) && item.fields().get(name).isJsonPrimitive();
    }

    private static int number(JsonObject given, String name, int usual) {
        return given.has(name) ? given.get(name).getAsInt() : usual;
    }

    private int count(String text) {
        Encoding encoding = model.tokenizer().encode(text);
        return (int) Math.min(Integer.MAX_VALUE, (long) encoding.size() + encoding.tokensCut())
                - model.tokenizer().addedTokens(false);
    }

    /** As many windows as a text of so many tokens makes; 1 where the task refuses them. */
    private static long windows(int tokens, int room, int stride) {
        long step = (long) room - stride;
        return step < 1 || stride < 0 || tokens <= room ? 1 : 1 + (tokens - room + step - 1) / step;
    }

    /**
     * How many texts lose their ends.
     *
     * @throws RequestException if one does that must not, or it cannot be told
     */
    int truncated(InferenceRequest request) {
        boolean cut = request.flag(Field.TRUNCATE.name(), true);
        if (has(STRIDE) && request.has(STRIDE) || has(DOC_STRIDE)) {
            return 0;
        }
        if (!isOfOneText() || has("candidate_labels")) {
            if (!cut) {
                throw new RequestException(Kind.MALFORMED, "\"" + Field.TRUNCATE.name() + "\" cannot be false for "
                        + task.name() + ": its texts are cut to fit");
            }
            return 0;
        }
        int truncated = 0;
        for (Item item : request.inputs()) {
            Encoding encoding = model.tokenizer().encode(((Input.Text) item.textOrPair()).text());
            if (encoding.truncated() && !cut) {
                throw Texts.tooLong(item.where(), (long) encoding.size() + encoding.tokensCut(), encoding.size());
            }
            truncated += encoding.truncated() ? 1 : 0;
        }
        return truncated;
    }
}
