/**
 * The command line: one class a command.
 */
@NullMarked
package io.demitasse.cli;

import org.jspecify.annotations.NullMarked;
