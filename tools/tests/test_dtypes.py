import unittest
import zlib

import numpy as np

import support
from dtypes import dequantize_rows, quantize_rows, to_float32


class DtypesTest(unittest.TestCase):

    def test_bfloat16_is_the_upper_half(self):
        values = np.array([0, -0.0, 1, -1.5, 3.140625, 2.0 ** -126, 3.3895314e38], dtype=np.float32)
        np.testing.assert_array_equal(to_float32(support.to_bfloat16(values), "BF16"), values)

    def test_half_and_single_widen_exactly(self):
        halves = np.array([0.1, -65504, 2.0 ** -24], dtype=np.float16)
        self.assertEqual(to_float32(halves, "F16").dtype, np.float32)
        np.testing.assert_array_equal(to_float32(halves, "F16").astype(np.float64), halves.astype(np.float64))

    def test_error_is_at_most_half_a_scale(self):
        weight = np.random.default_rng(3).standard_normal((40, 300)).astype(np.float32)
        q, scales = quantize_rows(weight)
        error = np.abs(dequantize_rows(q, scales).astype(np.float64) - weight)
        # Half a scale, and the float32 rounding of w / scale and q * scale, both below 127 * 2^-23.
        self.assertTrue((error <= scales[:, None] * (0.5 + 127 * 2.0 ** -22)).all())
        self.assertEqual(np.abs(q).max(), 127)

    def test_every_element_by_float32_division(self):
        weight = np.random.default_rng(4).standard_normal((5, 200)).astype(np.float32)
        q, scales = quantize_rows(weight)
        for row, scale, expected in zip(weight, scales, q):
            self.assertEqual(scale, np.float32(np.max(np.abs(row)) / np.float32(127)))
            for value, integer in zip(row, expected):
                self.assertEqual(integer, round(float(np.float32(value / scale))))

    def test_half_goes_to_even(self):
        q, scales = quantize_rows(np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]], dtype=np.float32))
        self.assertEqual(scales.tolist(), [1])
        self.assertEqual(q.tolist(), [[127, 0, 2, 2, 0, -2, -2]])

    def test_division_is_not_multiplication_by_the_reciprocal(self):
        weight = np.array([[1, 0.68897635]], dtype=np.float32)
        scale = np.float32(1) / np.float32(127)
        self.assertLess(weight[0, 1] * (np.float32(1) / scale), 87.5)
        self.assertEqual(quantize_rows(weight)[0].tolist(), [[127, 88]])

    def test_never_above_127(self):
        # 150 / 127 of the smallest float is the smallest float, so the quotient is 150.
        q, _ = quantize_rows(np.array([[150, -150]], dtype=np.float32) * np.float32(2.0 ** -149))
        self.assertEqual(q.tolist(), [[127, -127]])

    def test_zeros_have_scale_one(self):
        smallest = np.float32(2.0 ** -149)
        q, scales = quantize_rows(np.array([[0, -0.0], [smallest, 0], [-254, 127]], dtype=np.float32))
        self.assertEqual(scales.tolist(), [1, 1, 2])
        self.assertEqual(q.tolist(), [[0, 0], [0, 0], [-127, 64]])

    def test_types(self):
        q, scales = quantize_rows(np.ones((2, 3), dtype=np.float32))
        self.assertEqual((q.dtype, q.shape, scales.dtype, scales.shape), (np.int8, (2, 3), np.float32, (2,)))

    def test_the_java_writer_gives_the_same_bytes(self):
        # The formula and the checksums stand in QuantizationTest.java too.
        index = np.arange(128 * 520, dtype=np.uint64).reshape(128, 520)
        bits = (index * np.uint64(2654435761) & np.uint64(0xFFFFFFFF)) >> np.uint64(8)
        weight = (bits.astype(np.float64) - 2 ** 23) * 2.0 ** -23 * 2.0 ** (np.arange(128) % 9 - 4)[:, None]
        weight[::50] = 0
        weight = weight.astype("<f4")
        q, scales = quantize_rows(weight)
        checksums = [zlib.crc32(array.tobytes()) for array in (weight, weight.astype("<f2"), q, scales)]
        self.assertEqual(checksums, [0x0F1FE3B4, 0x1DF93D6A, 0x570A68E6, 0x4758076D])


if __name__ == "__main__":
    unittest.main()
