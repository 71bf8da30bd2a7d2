/** A model that tells positive from negative English sentences. */
@SuppressWarnings("module")
module io.demitasse.models.sst2 {
    requires transitive io.demitasse;

    exports io.demitasse.models.sst2;
}
