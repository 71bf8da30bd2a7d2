package io.demitasse.serve;

/** What a route makes of a request: the response itself, or what has to be computed for it first. */
sealed interface Answer permits Response, Computation {
}
