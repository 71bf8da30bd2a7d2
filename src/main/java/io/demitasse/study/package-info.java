/**
 * A window into the model: what one forward pass did, read from its trace, what each word did for the label, and the
 * page that shows both.
 */
@NullMarked
package io.demitasse.study;

import org.jspecify.annotations.NullMarked;
