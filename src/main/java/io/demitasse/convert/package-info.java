/**
 * A Hugging Face folder as a flat file: opened as one where it lies, or written as one. What the files call things is
 * in model-types.json, which tools/convert.py reads too; both write the same bytes.
 */
@NullMarked
package io.demitasse.convert;

import org.jspecify.annotations.NullMarked;
