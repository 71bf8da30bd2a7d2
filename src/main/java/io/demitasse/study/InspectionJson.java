package io.demitasse.study;

import com.google.gson.stream.JsonWriter;
import io.demitasse.kernel.Matrix;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** An inspection as JSON, written number by number: that of a long text would not fit into memory as objects. */
public final class InspectionJson {

    private final JsonWriter json;

    private InspectionJson(JsonWriter json) {
        this.json = json;
    }

    /**
     * Writes an inspection as one JSON object, without an end of line.
     *
     * @param explanation what the words did for the label, or null
     * @param hiddenStates whether to write the hidden states, {@code [depth][token][dim]}, too
     */
    public static void write(Inspection inspection, @Nullable Explanation explanation, boolean hiddenStates,
                             Writer writer) throws IOException {
        JsonWriter json = new JsonWriter(writer);
        json.setHtmlSafe(false);
        InspectionJson out = new InspectionJson(json);
        json.beginObject();
        out.summary(inspection, explanation);
        out.attentions(inspection);
        out.cosines(inspection);
        if (hiddenStates) {
            out.hiddenStates(inspection);
        }
        json.endObject();
        json.flush();
    }

    /** Writes an inspection without its large parts as one JSON object that may stand in an HTML page. */
    static void writeSummary(Inspection inspection, @Nullable Explanation explanation, Writer writer)
            throws IOException {
        JsonWriter json = new JsonWriter(writer);
        json.setHtmlSafe(true);
        json.beginObject();
        new InspectionJson(json).summary(inspection, explanation);
        json.endObject();
        json.flush();
    }

    private void summary(Inspection inspection, @Nullable Explanation explanation) throws IOException {
        Tokenization tokenization = inspection.tokenization();
        List<Token> tokens = tokenization.tokens();
        int best = inspection.labelId();
        json.name("text").value(wellFormed(tokenization.text()));
        json.name("normalized").value(tokenization.normalized());
        json.name("truncated").value(tokenization.truncated());
        json.name("label").value(inspection.labels().get(best));
        json.name("score").value(inspection.probabilities()[best]);
        json.name("head_activation").value(inspection.headActivation());
        json.name("function_to_apply").value(inspection.functionToApply());
        json.name("labels");
        strings(inspection.labels());
        json.name("probabilities");
        numbers(inspection.probabilities());
        json.name("logits");
        numbers(inspection.logits());
        json.name("tokens");
        strings(tokens.stream().map(Token::piece).toList());
        json.name("ids");
        json.beginArray();
        for (Token token : tokens) {
            json.value(token.id());
        }
        json.endArray();
        json.name("offsets");
        json.beginArray();
        for (Token token : tokens) {
            json.beginArray().value(token.start()).value(token.end()).endArray();
        }
        json.endArray();
        words(tokenization);
        attributions(explanation);
        json.name("embedding_norms");
        numbers(tokens.size(), token -> inspection.geometry(0).norms()[token]);
        depths(inspection);
    }

    private void words(Tokenization tokenization) throws IOException {
        json.name("words");
        json.beginArray();
        for (Word word : tokenization.words()) {
            json.beginObject();
            json.name("text").value(wellFormed(word.text()));
            json.name("normalized").value(word.normalized());
            json.name("tokens").beginArray().value(word.firstToken()).value(word.endToken()).endArray();
            json.name("unknown").value(tokenization.tokens().get(word.firstToken()).unknown());
            json.endObject();
        }
        json.endArray();
    }

    private void attributions(@Nullable Explanation explanation) throws IOException {
        json.name("attributions");
        json.beginArray();
        if (explanation != null) {
            for (Attribution attribution : explanation.attributions()) {
                attribution(attribution, explanation);
            }
        }
        json.endArray();
    }

    private void attribution(Attribution attribution, Explanation explanation) throws IOException {
        json.beginObject();
        json.name("method").value(attribution.method().toString());
        json.name("label").value(explanation.label());
        json.name("words");
        numbers(attribution.words(), attribution::word);
        if (!Double.isNaN(attribution.difference())) {
            json.name("sum").value((float) attribution.sum());
            json.name("difference").value((float) attribution.difference());
            json.name("baseline").value(explanation.baseline());
            json.name("baseline_score").value(explanation.baselineProbability());
            json.name("steps").value(attribution.steps());
        }
        json.endObject();
    }

    private void depths(Inspection inspection) throws IOException {
        json.name("depths");
        json.beginArray();
        for (int depth = 0; depth <= inspection.layers(); depth++) {
            Geometry geometry = inspection.geometry(depth);
            PrincipalComponents components = geometry.components();
            int tokens = inspection.tokens().size();
            double[] norms = geometry.norms();
            double[] x = components.coordinates(0);
            double[] y = components.coordinates(1);
            json.beginObject();
            json.name("logits");
            numbers(inspection.logits(depth));
            json.name("probabilities");
            numbers(inspection.probabilities(depth));
            json.name("norms");
            numbers(tokens, token -> norms[token]);
            json.name("projection").beginArray();
            numbers(tokens, token -> x[token]);
            numbers(tokens, token -> y[token]);
            json.endArray();
            json.name("explained");
            numbers(PrincipalComponents.COUNT, components::explained);
            json.endObject();
        }
        json.endArray();
    }

    /** {@code [layer][head][query][key]}. */
    private void attentions(Inspection inspection) throws IOException {
        json.name("attentions").beginArray();
        for (int layer = 0; layer < inspection.layers(); layer++) {
            json.beginArray();
            for (int head = 0; head < inspection.heads(); head++) {
                rows(inspection.block(layer).attention(head).matrix());
            }
            json.endArray();
        }
        json.endArray();
    }

    /** {@code [depth][token][token]}. */
    private void cosines(Inspection inspection) throws IOException {
        int tokens = inspection.tokens().size();
        json.name("cosines").beginArray();
        for (int depth = 0; depth <= inspection.layers(); depth++) {
            Geometry geometry = inspection.geometry(depth);
            json.beginArray();
            for (int i = 0; i < tokens; i++) {
                int token = i;
                numbers(tokens, other -> geometry.cosine(token, other));
            }
            json.endArray();
        }
        json.endArray();
    }

    /** {@code [depth][token][dim]}. */
    private void hiddenStates(Inspection inspection) throws IOException {
        json.name("hidden_states").beginArray();
        for (int depth = 0; depth <= inspection.layers(); depth++) {
            rows(inspection.hiddenStates(depth));
        }
        json.endArray();
    }

    private void rows(Matrix matrix) throws IOException {
        json.beginArray();
        for (int i = 0; i < matrix.rows(); i++) {
            int row = i;
            numbers(matrix.columns(), column -> matrix.get(row, column));
        }
        json.endArray();
    }

    private void numbers(float[] values) throws IOException {
        numbers(values.length, i -> values[i]);
    }

    /** As floats: what is computed in float has no more digits than these. */
    private void numbers(int count, IntToDoubleFunction values) throws IOException {
        json.beginArray();
        for (int i = 0; i < count; i++) {
            json.value((float) values.applyAsDouble(i));
        }
        json.endArray();
    }

    private void strings(List<String> values) throws IOException {
        json.beginArray();
        for (String value : values) {
            json.value(value);
        }
        json.endArray();
    }

    /** Half a surrogate pair has no UTF-8; U+FFFD takes its place and as much room. */
    static String wellFormed(String text) {
        StringBuilder result = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            int codePoint = text.codePointAt(i);
            if (Character.isSupplementaryCodePoint(codePoint)) {
                i++;
            } else if (Character.isSurrogate((char) codePoint)) {
                result.setCharAt(i, '\uFFFD');
            }
        }
        return result.toString();
    }
}
