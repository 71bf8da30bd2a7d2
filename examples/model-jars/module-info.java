/** What an app in modules requires; on the class path nobody reads it. */
@SuppressWarnings("module")
module app {
    requires io.demitasse.models.sst2;
    requires io.demitasse.models.minilm;
}
