package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** All that the server answers, by path and method. */
final class Routes {

    private final Map<String, Map<String, Route>> byPath = new LinkedHashMap<>();

    Routes(List<Route> routes) {
        for (Route route : routes) {
            if (byPath.computeIfAbsent(route.path(), path -> new LinkedHashMap<>()).put(route.method(), route) != null) {
                throw new IllegalArgumentException("two routes are " + route.method() + " " + route.path());
            }
        }
    }

    /**
     * The route for a request.
     *
     * @throws RequestException if there is none; the message says what there is
     */
    Route find(String method, String path) {
        Map<String, Route> methods = byPath.get(path);
        if (methods == null) {
            throw new RequestException(Kind.NOT_FOUND, "no such path: there are " + paths("GET") + " to GET and "
                    + paths("POST") + " to POST");
        }
        Route route = methods.get(method.equals("HEAD") ? "GET" : method);
        if (route == null) {
            throw new RequestException(Kind.METHOD_NOT_ALLOWED, path + " takes " + allowed(path));
        }
        return route;
    }

    private String paths(String method) {
        return byPath.keySet().stream().filter(path -> byPath.get(path).containsKey(method))
                .collect(Collectors.joining(", "));
    }

    /** The methods of a path, as the header Allow lists them. */
    String allowed(String path) {
        return byPath.get(path).keySet().stream().sorted().map(method -> method.equals("GET") ? "GET, HEAD" : method)
                .collect(Collectors.joining(", "));
    }

    /** A path, or a name for all those that are not this server's: strangers must not fill logs and metrics. */
    String known(String path) {
        return byPath.containsKey(path) ? path : "other";
    }
}
