/** Demitasse's models as beans of a Spring Boot application, with its health and metrics. */
@NullMarked
package io.demitasse.spring;

import org.jspecify.annotations.NullMarked;
