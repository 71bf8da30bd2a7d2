package io.demitasse.serve;

/** A request that is not answered as it hoped, with the status and the kind of error that its sender is told. */
final class RequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The kinds of error, named as text-embeddings-inference names them where it has them. */
    enum Kind {
        /** The request is not one: bad JSON, a wrong type, a missing field. */
        MALFORMED(400, "Malformed"),
        EMPTY(400, "Empty"),
        UNAUTHORIZED(401, "Unauthorized"),
        /** Asked by a page, or under a name, that this server does not answer. */
        FORBIDDEN(403, "Forbidden"),
        NOT_FOUND(404, "NotFound"),
        METHOD_NOT_ALLOWED(405, "MethodNotAllowed"),
        /** The model's file is another one now. */
        CHANGED(409, "Backend"),
        /** The body, or with {@code "truncate": false} a text, or the answer, is too long. */
        TOO_LARGE(413, "Validation"),
        NOT_JSON(415, "UnsupportedMediaType"),
        TOO_MANY_TEXTS(422, "Validation"),
        /** Not what this model can do. */
        UNSUPPORTED(424, "Backend"),
        OVERLOADED(429, "Overloaded"),
        /** Nobody is there any more to be told; for the metrics alone. */
        GONE(499, "ClientGone"),
        FAILED(500, "Backend"),
        UNHEALTHY(503, "Unhealthy");

        final int status;
        final String errorType;

        Kind(int status, String errorType) {
            this.status = status;
            this.errorType = errorType;
        }
    }

    private final Kind kind;

    RequestException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
