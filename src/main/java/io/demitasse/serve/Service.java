package io.demitasse.serve;

import com.google.gson.JsonObject;
import java.util.List;

/** One of a model's tasks as the server does it, by a request's {@code inputs} and {@code parameters}. */
interface Service {

    /** Hugging Face's name of the task. */
    String name();

    /** What it does, in a sentence without its full stop. */
    String description();

    /** What one input is, for people. */
    String input();

    /** What a request may say beside its inputs. */
    List<Field> fields();

    /** Whether an input has the shape that the task takes. */
    boolean takes(Item item);

    /** The schema of an answer. */
    JsonObject response();

    /**
     * @param flat whether one text by itself is answered without a list around its list of labels; of no matter to tasks
     *     whose clients agree with each other
     * @throws RequestException if the inputs or what is said beside them are not what the task takes
     */
    Answer answer(InferenceRequest request, boolean flat);
}
