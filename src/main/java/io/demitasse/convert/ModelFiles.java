package io.demitasse.convert;

import io.demitasse.file.FlatFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a model, whatever it is stored as. */
public final class ModelFiles {

    private ModelFiles() {
    }

    /**
     * Opens a flat weight file, or a Hugging Face folder where it lies.
     *
     * @throws io.demitasse.file.ModelFormatException if there is no such file or folder, or anything in it is off
     */
    public static FlatFile open(Path path) {
        return Files.isDirectory(path) ? HuggingFaceFolder.open(path).file() : FlatFile.open(path);
    }
}
