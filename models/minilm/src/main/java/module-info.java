/** A model that makes vectors of English sentences. */
module io.demitasse.models.minilm {
    requires transitive io.demitasse;

    exports io.demitasse.models.minilm;
}
