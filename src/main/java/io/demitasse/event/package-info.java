/**
 * What Java Flight Recorder is told, where the JVM has it and it is on.
 */
@NullMarked
package io.demitasse.event;

import org.jspecify.annotations.NullMarked;
