package io.demitasse.cli;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on stderr, if that is a terminal; the launcher knows and tells. */
final class Progress implements AutoCloseable {

    private static final String SHOW = "demitasse.progress";
    private static final String CLEAR_LINE = "\r\u001B[2K";
    private static final DecimalFormat SPEED = new DecimalFormat("0.0", DecimalFormatSymbols.getInstance(Locale.ROOT));

    private ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * @param total how many steps there will be; -1 if nobody knows
     */
    static Progress open(String what, long total) {
        return open(what, 0, total);
    }

    /**
     * @param done the steps made already, which tell nothing of the speed
     */
    static Progress open(String what, long done, long total) {
        if (!Boolean.getBoolean(SHOW)) {
            return new Progress(null);
        }
        return new Progress(new ProgressBarBuilder().setTaskName(what).setInitialMax(total)
                .startsFrom(done, Duration.ZERO).setStyle(ProgressBarStyle.ASCII)
                .showSpeed(SPEED).setSpeedUnit(ChronoUnit.SECONDS)
                // One line that is written again and again; the library's own choice moves the cursor out of it.
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .setUpdateIntervalMillis((int) TimeUnit.SECONDS.toMillis(1) / 2).build());
    }

    void step(long steps) {
        if (bar != null) {
            bar.stepBy(steps);
        }
    }

    /** Shows something beside the bar. */
    void message(String text) {
        if (bar != null) {
            bar.setExtraMessage(" " + text);
        }
    }

    /** Prints whole lines above the bar. */
    void above(Runnable printing) {
        if (bar == null) {
            printing.run();
            return;
        }
        bar.pause();
        System.err.print(CLEAR_LINE);
        printing.run();
        bar.resume();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
