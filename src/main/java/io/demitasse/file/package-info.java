/**
 * The flat weight file: read, verified, written, quantised. Knows no other package of this project.
 */
@NullMarked
package io.demitasse.file;

import org.jspecify.annotations.NullMarked;
