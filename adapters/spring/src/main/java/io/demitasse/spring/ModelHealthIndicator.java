package io.demitasse.spring;

import io.demitasse.Input;
import io.demitasse.Model;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.TextEmbedder;
import java.util.List;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Up if the model computes: a token goes through its encoder, which takes some milliseconds and is counted by the meters
 * as any other. Down once it is closed.
 */
public final class ModelHealthIndicator extends AbstractHealthIndicator {

    private final Model model;
    private final String name;
    private final TextEmbedder embedder;

    public ModelHealthIndicator(Model model, String name) {
        super("the model does not compute");
        this.model = model;
        this.name = name;
        this.embedder = new TextEmbedder(model);
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        builder.withDetail("model", name).withDetail("type", model.config().modelType())
                .withDetail("tasks", Tasks.of(model.config(), model.labels()).stream().map(Task::name).toList())
                .withDetail("kernels", model.kernels()).withDetail("threads", model.options().threads());
        float[] vector = model.run(embedder.job(List.of(Input.ofIds(new int[] {0})), embedder.settings())).get(0);
        for (float number : vector) {
            if (!Float.isFinite(number)) {
                builder.down().withDetail("error", "the model computes numbers that are not finite");
                return;
            }
        }
        builder.up();
    }
}
