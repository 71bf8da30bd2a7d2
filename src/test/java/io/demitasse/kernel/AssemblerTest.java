package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.R10;
import static io.demitasse.kernel.Assembler.R12;
import static io.demitasse.kernel.Assembler.R13;
import static io.demitasse.kernel.Assembler.R14;
import static io.demitasse.kernel.Assembler.R15;
import static io.demitasse.kernel.Assembler.R8;
import static io.demitasse.kernel.Assembler.R9;
import static io.demitasse.kernel.Assembler.RAX;
import static io.demitasse.kernel.Assembler.RBP;
import static io.demitasse.kernel.Assembler.RBX;
import static io.demitasse.kernel.Assembler.RCX;
import static io.demitasse.kernel.Assembler.RDI;
import static io.demitasse.kernel.Assembler.RDX;
import static io.demitasse.kernel.Assembler.RSI;
import static io.demitasse.kernel.Assembler.RSP;
import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MINIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SQUARE_ROOT;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of every instruction form, as objdump (of binutils) reads them. */
class AssemblerTest {

    private static final Path OBJDUMP = Path.of("/usr/bin/objdump");

    @TempDir
    Path folder;

    private final Map<String, Consumer<Avx512Assembler>> forms = new LinkedHashMap<>();

    private void general() {
        forms.put("mov rax,r15", a -> a.mov(RAX, R15));
        forms.put("mov r8,rcx", a -> a.mov(R8, RCX));
        forms.put("mov rbx,QWORD PTR [r9+0x18]", a -> a.mov(RBX, at(R9, 24)));
        forms.put("mov QWORD PTR [rsp+0x200],r13", a -> a.mov(at(RSP, 512), R13));
        forms.put("mov QWORD PTR [r12],rax", a -> a.mov(at(R12, 0), RAX));
        forms.put("mov rax,QWORD PTR [r13+0x0]", a -> a.mov(RAX, at(R13, 0)));
        forms.put("mov rax,QWORD PTR [rbp+0x0]", a -> a.mov(RAX, at(RBP, 0)));
        forms.put("mov r9,0xfffffffffffffffe", a -> a.movImmediate(R9, -2));
        forms.put("movsxd r11,DWORD PTR [rax+r10*4-0x4]", a -> a.movsxd(Assembler.R11, at(RAX, R10, 4, -4)));
        forms.put("lea r14,[r13+rax*2+0x0]", a -> a.lea(R14, at(R13, RAX, 2, 0)));
        forms.put("lea r14,[rbp+rbp*2+0x0]", a -> a.lea(R14, at(RBP, RBP, 2, 0)));
        forms.put("add rdi,r12", a -> a.add(RDI, R12));
        forms.put("add rdi,QWORD PTR [r9]", a -> a.add(RDI, at(R9, 0)));
        forms.put("sub r15,rsi", a -> a.sub(R15, RSI));
        forms.put("cmp rcx,r8", a -> a.cmp(RCX, R8));
        forms.put("test r10,r10", a -> a.test(R10, R10));
        forms.put("imul r13,rbp,0x10", a -> a.imul(R13, RBP, 16));
        forms.put("add r8,0x7f", a -> a.addImmediate(R8, 127));
        forms.put("add r8,0x80", a -> a.addImmediate(R8, 128));
        forms.put("sub rsp,0x80", a -> a.subImmediate(RSP, 128));
        forms.put("and rax,0xf", a -> a.andImmediate(RAX, 15));
        forms.put("cmp rax,0x1", a -> a.cmpImmediate(RAX, 1));
        forms.put("shr r8,0x4", a -> a.shr(R8, 4));
        forms.put("shl rax,0x4", a -> a.shl(RAX, 4));
        forms.put("shl rax,cl", a -> a.shlByRcx(RAX));
        forms.put("cmova r8,rcx", a -> a.cmov(Assembler.ABOVE, R8, RCX));
        forms.put("cmovg rcx,rax", a -> a.cmov(Assembler.GREATER, RCX, RAX));
        forms.put("push r15", a -> a.push(R15));
        forms.put("push rbx", a -> a.push(RBX));
        forms.put("pop r12", a -> a.pop(R12));
        forms.put("pop rbp", a -> a.pop(RBP));
        forms.put("call QWORD PTR [r9+0xa8]", a -> a.call(at(R9, 168)));
        forms.put("ret", Assembler::ret);
        forms.put("cpuid", Assembler::cpuid);
        forms.put("xgetbv", Assembler::xgetbv);
        forms.put("syscall", Assembler::syscall);
        forms.put("prefetchw BYTE PTR [r11+0x40]", a -> a.prefetchToWrite(at(Assembler.R11, 64)));
        forms.put("prefetcht1 BYTE PTR [r8+0x1000]", a -> a.prefetch(at(R8, 4096)));
    }

    private void vectors() {
        forms.put("vmovups zmm24,ZMMWORD PTR [r8+0x40]", a -> a.load(24, at(R8, 64)));
        forms.put("vmovups zmm3,ZMMWORD PTR [r12+rbp*2+0x4]", a -> a.load(3, at(R12, RBP, 2, 4)));
        forms.put("vmovups zmm17{k2}{z},ZMMWORD PTR [rax]", a -> a.loadOrZero(2, 17, at(RAX, 0)));
        forms.put("vmovups zmm17{k1},ZMMWORD PTR [rax]", a -> a.loadOrKeep(1, 17, at(RAX, 0)));
        forms.put("vmovups ZMMWORD PTR [r11+0x40]{k2},zmm31", a -> a.storeSome(2, at(Assembler.R11, 64), 31));
        forms.put("vmovaps zmm30,zmm15", a -> a.move(30, 15));
        forms.put("vmovaps zmm3{k3},zmm5", a -> a.moveWhere(3, 3, 5));
        forms.put("vbroadcastss zmm28,DWORD PTR [r14+rbp*1+0xc]", a -> a.broadcast(28, at(R14, RBP, 1, 12)));
        forms.put("vbroadcastss zmm2,xmm18", a -> a.broadcast(2, 18));
        forms.put("vbroadcastf32x4 zmm1{k6},XMMWORD PTR [rax+r11*1]",
                a -> a.loadQuarter(2, 1, at(RAX, Assembler.R11, 1, 0)));
        forms.put("vfmadd231ps zmm23,zmm31,zmm25", a -> a.fma(23, 31, 25));
        forms.put("vfmadd213ps zmm2,zmm24,zmm26", a -> a.fmaInto(2, 24, 26));
        forms.put("vfmadd213ps zmm2,zmm24,DWORD BCST [rcx]", a -> a.fmaInto(2, 24, at(RCX, 0)));
        forms.put("vfmadd132ps zmm2,zmm24,DWORD BCST [rcx]", a -> a.multiplyAdd(2, at(RCX, 0), 24));
        forms.put("vaddps zmm1,zmm17,zmm9", a -> a.floats(ADD, 1, 17, 9));
        forms.put("vmulps zmm16,zmm7,ZMMWORD PTR [rdi+r10*1]", a -> a.floats(MULTIPLY, 16, 7, at(RDI, R10, 1, 0)));
        forms.put("vmulps zmm1,zmm7,DWORD BCST [r15+0x4]", a -> a.floatsByOne(MULTIPLY, 1, 7, at(R15, 4)));
        forms.put("vsubps zmm1,zmm2,zmm3", a -> a.floats(SUBTRACT, 1, 2, 3));
        forms.put("vminps zmm1,zmm2,zmm3", a -> a.floats(MINIMUM, 1, 2, 3));
        forms.put("vmaxps zmm1,zmm2,zmm3", a -> a.floats(MAXIMUM, 1, 2, 3));
        forms.put("vaddss xmm1,xmm1,xmm18", a -> a.single(ADD, 1, 1, 18));
        forms.put("vdivss xmm3,xmm1,DWORD PTR [r9+0x38]", a -> a.single(DIVIDE, 3, 1, at(R9, 56)));
        forms.put("vdivsd xmm3,xmm1,xmm2", a -> a.doubles(DIVIDE, 3, 1, 2));
        forms.put("vsqrtsd xmm3,xmm1,xmm2", a -> a.doubles(SQUARE_ROOT, 3, 1, 2));
        forms.put("vaddsd xmm3,xmm1,QWORD PTR [r9+0x40]", a -> a.doubles(ADD, 3, 1, at(R9, 64)));
        forms.put("vmovss xmm8,DWORD PTR [rdi+r10*1]", a -> a.loadSingle(8, at(RDI, R10, 1, 0)));
        forms.put("vmovss DWORD PTR [rax],xmm3", a -> a.storeSingle(at(RAX, 0), 3));
        forms.put("vcvtss2sd xmm2,xmm2,xmm3", a -> a.toDouble(2, 3));
        forms.put("vcvtsd2ss xmm2,xmm2,xmm3", a -> a.toSingle(2, 3));
        forms.put("vcvtps2dq zmm1,zmm2", a -> a.toInts(1, 2));
        forms.put("vcvtdq2ps zmm20,zmm21", a -> a.toFloats(20, 21));
        forms.put("vpsubd zmm1,zmm22,zmm3", a -> a.subtractInts(1, 22, 3));
        forms.put("vpmulld zmm1,zmm22,DWORD BCST [r15+0x4]", a -> a.multiplyInts(1, 22, at(R15, 4)));
        forms.put("vpaddd zmm1,zmm22,zmm3", a -> a.addInts(1, 22, 3));
        forms.put("vpaddd zmm1,zmm22,ZMMWORD PTR [r8+0x40]", a -> a.addInts(1, 22, at(R8, 64)));
        forms.put("vpaddd zmm1,zmm22,DWORD BCST [r8+0x40]", a -> a.addOneInt(1, 22, at(R8, 64)));
        forms.put("vpandd zmm1,zmm22,DWORD BCST [r8+0x4]", a -> a.and(1, 22, at(R8, 4)));
        forms.put("vpxord zmm17,zmm17,zmm17", a -> a.xor(17, 17, 17));
        forms.put("vpxord zmm5{k3},zmm5,zmm5", a -> a.zeroWhere(3, 5));
        forms.put("vpslld zmm19,zmm20,0x17", a -> a.shiftLeft(19, 20, 23));
        forms.put("vpsrld zmm1,zmm2,0x8", a -> a.shiftRight(1, 2, 8));
        forms.put("vpmovdb XMMWORD PTR [r8+r11*1+0x10],zmm1", a -> a.storeBytes(at(R8, Assembler.R11, 1, 16), 1));
        forms.put("vpbroadcastd zmm29,DWORD PTR [r13+0x8]", a -> a.broadcastInt(29, at(R13, 8)));
        forms.put("vpdpbusd zmm23,zmm28,zmm25", a -> a.bytesProduct(23, 28, 25));
        forms.put("vdpbf16ps zmm23,zmm28,zmm25", a -> a.bf16Product(23, 28, 25));
        forms.put("vcvtne2ps2bf16 zmm3,zmm19,zmm8", a -> a.toBf16(3, 19, 8));
        forms.put("vpermw zmm3,zmm16,zmm9", a -> a.permuteWords(3, 16, 9));
        forms.put("vcmplt_oqps k3,zmm2,DWORD BCST [rcx]",
                a -> a.compare(3, 2, at(RCX, 0), VectorAssembler.LESS_THAN));
        forms.put("vshufps zmm9,zmm1,zmm1,0x4e", a -> a.shuffle(9, 1, 1, 0x4E));
        forms.put("vshuff32x4 zmm9,zmm1,zmm1,0x3", a -> a.quarterToFront(9, 1, 3));
        forms.put("vshuff32x4 zmm9,zmm1,zmm22,0x88", a -> a.evenQuarters(9, 1, 22));
        forms.put("vshuff32x4 zmm9,zmm1,zmm22,0xdd", a -> a.oddQuarters(9, 1, 22));
        forms.put("vunpcklps zmm4,zmm0,zmm1", a -> a.interleaveLow(4, 0, 1));
        forms.put("vunpckhps zmm4,zmm0,zmm1", a -> a.interleaveHigh(4, 0, 1));
        forms.put("vunpcklpd zmm4,zmm0,zmm1", a -> a.interleavePairsLow(4, 0, 1));
        forms.put("vunpckhpd zmm4,zmm0,zmm1", a -> a.interleavePairsHigh(4, 0, 1));
        forms.put("kmovw k5,eax", a -> a.maskFrom(5, RAX));
        forms.put("kmovw k5,r9d", a -> a.maskFrom(5, R9));
        forms.put("vzeroupper", Avx512Assembler::vzeroupper);
    }

    private void tiles() {
        forms.put("ldtilecfg [rax+0x40]", a -> a.tileConfigure(at(RAX, 64)));
        forms.put("tilerelease", Avx512Assembler::tileRelease);
        forms.put("tileloadd tmm4,[rdi+r12*1]", a -> a.tileLoad(4, at(RDI, R12, 1, 0)));
        forms.put("tileloadd tmm7,[r8+r14*1+0x40]", a -> a.tileLoad(7, at(R8, R14, 1, 64)));
        forms.put("tilestored [r8+rax*1+0x80],tmm2", a -> a.tileStore(at(R8, RAX, 1, 128), 2));
        forms.put("tilezero tmm3", a -> a.tileZero(3));
        forms.put("tdpbusd tmm1,tmm4,tmm7", a -> a.tileBytesProduct(1, 4, 7));
        forms.put("tdpbf16ps tmm1,tmm4,tmm7", a -> a.tileBf16Product(1, 4, 7));
    }

    @Test
    void objdumpReadsWhatIsMeant() throws IOException, InterruptedException {
        assumeThat(OBJDUMP).as("binutils is installed").exists();
        general();
        vectors();
        tiles();
        Avx512Assembler asm = new Avx512Assembler();
        forms.values().forEach(form -> form.accept(asm));

        assertThat(disassemble(asm.code())).containsExactlyElementsOf(forms.keySet());
    }

    /** Both forms share what writes an instruction down but for its prefixes, so one of each kind stands for all. */
    @Test
    void objdumpReadsWhatIsMeantOfAvx2() throws IOException, InterruptedException {
        assumeThat(OBJDUMP).as("binutils is installed").exists();
        Map<String, Consumer<Avx2Assembler>> forms = new LinkedHashMap<>();
        forms.put("vmovups ymm13,YMMWORD PTR [r8+0x40]", a -> a.load(13, at(R8, 64)));
        forms.put("vmovups YMMWORD PTR [r12+rbp*2+0x4],ymm3", a -> a.store(at(R12, RBP, 2, 4), 3));
        forms.put("vmovaps ymm9,ymm15", a -> a.move(9, 15));
        forms.put("vmaskmovps ymm7,ymm14,YMMWORD PTR [rax]", a -> a.loadOrZero(2, 7, at(RAX, 0)));
        forms.put("vmaskmovps YMMWORD PTR [r11+0x40],ymm13,ymm8", a -> a.storeSome(1, at(Assembler.R11, 64), 8));
        forms.put("vblendvps ymm3,ymm3,ymm5,ymm12", a -> a.moveWhere(3, 3, 5));
        forms.put("vandnps ymm5,ymm12,ymm5", a -> a.zeroWhere(3, 5));
        forms.put("vbroadcastss ymm14,DWORD PTR [r14+rbp*1+0xc]", a -> a.broadcast(14, at(R14, RBP, 1, 12)));
        forms.put("vbroadcastss ymm2,xmm11", a -> a.broadcast(2, 11));
        forms.put("vbroadcastf128 ymm1,XMMWORD PTR [rax+r11*1]", a -> a.loadQuarter(0, 1, at(RAX, Assembler.R11, 1, 0)));
        forms.put("vinsertf128 ymm9,ymm9,XMMWORD PTR [rax],0x1", a -> a.loadQuarter(1, 9, at(RAX, 0)));
        forms.put("vperm2f128 ymm9,ymm11,ymm11,0x1", a -> a.quarterToFront(9, 11, 1));
        forms.put("vfmadd231ps ymm3,ymm13,ymm9", a -> a.fma(3, 13, 9));
        forms.put("vfmadd213ps ymm3,ymm13,ymm9", a -> a.fmaInto(3, 13, 9));
        forms.put("vmulps ymm6,ymm7,YMMWORD PTR [rdi+r10*1]", a -> a.floats(MULTIPLY, 6, 7, at(RDI, R10, 1, 0)));
        forms.put("vaddss xmm1,xmm1,xmm8", a -> a.single(ADD, 1, 1, 8));
        forms.put("vdivss xmm3,xmm1,DWORD PTR [r9+0x38]", a -> a.single(DIVIDE, 3, 1, at(R9, 56)));
        forms.put("vsqrtsd xmm3,xmm1,xmm2", a -> a.doubles(SQUARE_ROOT, 3, 1, 2));
        forms.put("vaddsd xmm3,xmm1,QWORD PTR [r9+0x40]", a -> a.doubles(ADD, 3, 1, at(R9, 64)));
        forms.put("vmovss xmm8,DWORD PTR [rdi+r10*1]", a -> a.loadSingle(8, at(RDI, R10, 1, 0)));
        forms.put("vcvtss2sd xmm2,xmm2,xmm3", a -> a.toDouble(2, 3));
        forms.put("vcvtsd2ss xmm2,xmm2,xmm3", a -> a.toSingle(2, 3));
        forms.put("vcvtps2dq ymm1,ymm2", a -> a.toInts(1, 2));
        forms.put("vcvtdq2ps ymm10,ymm11", a -> a.toFloats(10, 11));
        forms.put("vpaddd ymm1,ymm12,ymm3", a -> a.addInts(1, 12, 3));
        forms.put("vpxor ymm7,ymm7,ymm7", a -> a.xor(7, 7, 7));
        forms.put("vpslld ymm9,ymm10,0x17", a -> a.shiftLeft(9, 10, 23));
        forms.put("vpsrld ymm9,ymm10,0x8", a -> a.shiftRight(9, 10, 8));
        forms.put("vpbroadcastd ymm14,DWORD PTR [r13+0x8]", a -> a.broadcastInt(14, at(R13, 8)));
        forms.put("{vex} vpdpbusd ymm3,ymm14,ymm12", a -> a.bytesProduct(3, 14, 12));
        forms.put("vshufps ymm9,ymm1,ymm1,0x4e", a -> a.shuffle(9, 1, 1, 0x4E));
        forms.put("vunpckhps ymm4,ymm0,ymm1", a -> a.interleaveHigh(4, 0, 1));
        forms.put("vunpcklpd ymm4,ymm0,ymm1", a -> a.interleavePairsLow(4, 0, 1));
        forms.put("vpmovsxbw ymm12,XMMWORD PTR [r8+0x50]", a -> a.widenBytes(12, at(R8, 80)));
        forms.put("vpbroadcastq ymm14,QWORD PTR [r12+rbp*4+0x8]", a -> a.broadcastFour(14, at(R12, RBP, 4, 8)));
        forms.put("vpmaddwd ymm15,ymm14,ymm12", a -> a.pairsProduct(15, 14, 12));
        forms.put("vpmaddubsw ymm3,ymm3,ymm4", a -> a.bytePairsProduct(3, 3, 4));
        forms.put("vpabsb ymm3,YMMWORD PTR [r8+0x20]", a -> a.absoluteBytes(3, at(R8, 32)));
        forms.put("vphaddd ymm2,ymm2,ymm3", a -> a.addNeighbours(2, 2, 3));
        forms.put("vpackssdw ymm1,ymm9,ymm9", a -> a.narrowInts(1, 9));
        forms.put("vpermq ymm1,ymm9,0xd8", a -> a.permutePairs(1, 9, 0xD8));
        forms.put("vmovups XMMWORD PTR [rdx+r11*2],xmm9", a -> a.storeHalf(at(RDX, Assembler.R11, 2, 0), 9));
        Avx2Assembler asm = new Avx2Assembler();
        int start = asm.size();
        forms.values().forEach(form -> form.accept(asm));
        int byOne = asm.size();
        asm.floatsByOne(MULTIPLY, 1, 7, at(R15, 4));
        asm.compare(3, 2, at(RCX, 0), VectorAssembler.LESS_THAN);
        asm.multiplyAdd(2, at(RCX, 0), 11);
        asm.storeBytes(at(R8, Assembler.R11, 1, 16), 1);

        assertThat(disassemble(Arrays.copyOfRange(asm.code(), start, byOne))).containsExactlyElementsOf(forms.keySet());
        assertThat(disassemble(Arrays.copyOfRange(asm.code(), byOne, asm.size())))
                .map(line -> line.replaceFirst(" # .*", "")).containsExactly(
                "vbroadcastss ymm15,DWORD PTR [r15+0x4]", "vmulps ymm1,ymm7,ymm15",
                "vbroadcastss ymm15,DWORD PTR [rcx]", "vcmplt_oqps ymm12,ymm2,ymm15",
                "vbroadcastss ymm15,DWORD PTR [rcx]", "vfmadd132ps ymm2,ymm11,ymm15",
                "vpshufb ymm15,ymm1,YMMWORD PTR [rip]", "vmovss DWORD PTR [r8+r11*1+0x10],xmm15",
                "vperm2f128 ymm15,ymm15,ymm15,0x1", "vmovss DWORD PTR [r8+r11*1+0x14],xmm15");
    }

    @Test
    void jumpsAndConstantsReachTheirPlaces() throws IOException, InterruptedException {
        assumeThat(OBJDUMP).as("binutils is installed").exists();
        Avx512Assembler asm = new Avx512Assembler();
        Assembler.Label back = new Assembler.Label();
        Assembler.Label ahead = new Assembler.Label();
        asm.bind(back);
        asm.jumpIf(Assembler.NOT_EQUAL, ahead);
        asm.jump(back);
        asm.call(back);
        asm.lea(RDX, at(back));
        asm.compare(3, 2, at(back), VectorAssembler.LESS_THAN);
        asm.bind(ahead);
        asm.ret();

        assertThat(disassemble(asm.code())).containsExactly("jne 0x22", "jmp 0x0", "call 0x0", "lea rdx,[rip] # 0x0",
                "vcmplt_oqps k3,zmm2,DWORD BCST [rip] # 0x0", "ret");
    }

    /**
     * From every entry on. All of it, with constants and tables between, goes to files in target, for
     * {@code objdump -D -b binary -m i386:x86-64 -M intel}.
     */
    @Test
    void whatIsEmittedIsCode() throws IOException, InterruptedException {
        assumeThat(OBJDUMP).as("binutils is installed").exists();
        for (MachineForm form : MachineForm.values()) {
            check(form);
        }
    }

    private void check(MachineForm form) throws IOException, InterruptedException {
        MachineCode.Layout layout = form.layout();
        IntStream entries = IntStream.of(layout.multiply(), layout.multiplyTransposed(), layout.packTransposed(),
                layout.packRows(), layout.sums(), layout.gelu(), layout.softmax(), layout.layerNorm(), layout.add());
        for (int planes = form.byteRows(1) > 0 ? 1 : 2; planes <= 2; planes++) {
            entries = IntStream.concat(entries,
                    IntStream.of(layout.multiplyBytes()[planes - 1], layout.quantise()[planes - 1]));
        }
        check(form.name(), layout.code(), entries.toArray());
    }

    @Test
    void whatIsEmittedForBf16IsCode() throws IOException, InterruptedException {
        assumeThat(OBJDUMP).as("binutils is installed").exists();
        for (boolean amx : new boolean[] {false, true}) {
            Bf16Code.Layout layout = Bf16Code.layout(amx);
            check(amx ? "bf16-amx" : "bf16", layout.code(), layout.multiply(), layout.rows(), layout.columns(),
                    layout.packRows(), layout.packTransposed());
        }
    }

    private void check(String name, byte[] code, int... entries) throws IOException, InterruptedException {
        Files.write(Path.of("target", "machine-code-" + name.toLowerCase(Locale.ROOT) + ".bin"), code);
        for (int entry : entries) {
            List<String> lines = disassemble(Arrays.copyOfRange(code, entry, code.length));
            assertThat(lines.subList(0, lines.indexOf("ret"))).hasSizeGreaterThan(10)
                    .noneMatch(line -> line.contains("(bad)"));
        }
    }

    private List<String> disassemble(byte[] code) throws IOException, InterruptedException {
        Path file = folder.resolve("code");
        Files.write(file, code);
        Process process = new ProcessBuilder(OBJDUMP.toString(), "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
                "--no-show-raw-insn", file.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        List<String> lines = new ArrayList<>();
        Stream.of(output.split("\n")).filter(line -> line.matches("\\s+[0-9a-f]+:\\s.*"))
                .map(line -> line.replaceFirst("\\s+[0-9a-f]+:\\s+", "").replaceAll("\\s+", " ").strip()
                        // Older binutils write a broadcast operand the other way.
                        .replaceAll("DWORD PTR (\\[[^]]*])\\{1to16}", "DWORD BCST $1")
                        .replaceAll("rip\\+0x[0-9a-f]+", "rip"))
                .forEach(lines::add);
        return lines;
    }
}
