/**
 * Demitasse on Apache Spark: transformers for Spark ML and functions for SQL. A model is shipped to each executor once,
 * opened there once, and shared by its tasks, each of which computes on its own thread alone.
 */
package io.demitasse.spark;
