package io.demitasse.kernel;

/** Where the functions of {@link Bf16Code} are: addresses. */
record Bf16Functions(long multiply, long rows, long columns, long packRows, long packTransposed) {

    Bf16Functions(Bf16Code.Layout layout, long address) {
        this(address + layout.multiply(), address + layout.rows(), address + layout.columns(),
                address + layout.packRows(), address + layout.packTransposed());
    }
}
