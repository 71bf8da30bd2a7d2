/**
 * The flat weight file: read, verified, written, quantised; and safetensors, read and verified. Knows no other
 * package of this project.
 */
@NullMarked
package io.demitasse.file;

import org.jspecify.annotations.NullMarked;
