package io.demitasse.serve;

import java.util.function.Supplier;

/**
 * A response that is made once there is memory for it.
 *
 * @param bytes about how much memory it takes, with what it is made of
 * @param response makes it
 */
record Deferred(long bytes, Supplier<Response> response) implements Answer {
}
