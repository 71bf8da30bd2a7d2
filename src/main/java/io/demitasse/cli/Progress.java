package io.demitasse.cli;

import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on stderr, if that is a terminal; the launcher knows and tells. */
final class Progress implements AutoCloseable {

    private static final String SHOW = "demitasse.progress";

    private final ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * @param total how many steps there will be; -1 if nobody knows
     */
    static Progress open(String what, long total) {
        if (!Boolean.getBoolean(SHOW)) {
            return new Progress(null);
        }
        return new Progress(new ProgressBarBuilder().setTaskName(what).setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII).showSpeed().setSpeedUnit(java.time.temporal.ChronoUnit.SECONDS)
                .setUpdateIntervalMillis((int) TimeUnit.SECONDS.toMillis(1) / 2).build());
    }

    void step(long steps) {
        if (bar != null) {
            bar.stepBy(steps);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
