/** Spring AI's interfaces on Demitasse's models. */
@NullMarked
package io.demitasse.spring.ai;

import org.jspecify.annotations.NullMarked;
