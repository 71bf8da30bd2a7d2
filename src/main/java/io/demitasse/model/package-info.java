/**
 * The layers of DistilBERT, named as in Hugging Face's modeling_distilbert.py, and the trace that remembers what they
 * did. Shapes in comments: tokens is the number of tokens of all sequences together, dim the width of hidden states.
 */
@NullMarked
package io.demitasse.model;

import org.jspecify.annotations.NullMarked;
