package io.demitasse.kernel;

/** What one thread of a {@link Workspace} needs for calls of machine code. Not thread-safe. */
final class MachineScratch {

    /** The arguments of a call. */
    final long[] arguments = new long[ProductCode.SIZE];
    /** For the sums of a tile of AMX. */
    final MachineMemory.Piece sums = MachineMemory.allocate(AmxTiles.SCRATCH_BYTES);
    private MachineMemory.Piece panels = MachineMemory.Piece.NONE;

    static MachineScratch of(Workspace workspace, int worker) {
        return workspace.kept(worker, MachineScratch.class, MachineScratch::new);
    }

    /** Room for panels of so many bytes, with any contents. */
    MachineMemory.Piece panels(long bytes) {
        panels = panels.orLarger(bytes);
        return panels;
    }
}
