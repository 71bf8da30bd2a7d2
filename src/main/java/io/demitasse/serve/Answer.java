package io.demitasse.serve;

/** What a route makes of a request: the response itself, how to make it, or what has to be computed for it first. */
sealed interface Answer permits Response, Deferred, Job {
}
