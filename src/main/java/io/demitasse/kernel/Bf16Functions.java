package io.demitasse.kernel;

/** Where the functions of {@link Bf16Code} are: addresses. */
record Bf16Functions(long multiply, long multiplyTransposed, long rows, long packRows, long packTransposed) {

    Bf16Functions(Bf16Code.Layout layout, long address) {
        this(address + layout.multiply(), address + layout.multiplyTransposed(), address + layout.rows(),
                address + layout.packRows(), address + layout.packTransposed());
    }
}
