/**
 * The flat weight file: read, verified, written, quantised. Knows no other package of this project.
 */
package io.demitasse.file;
