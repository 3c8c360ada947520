/* traincast_formats.h - the number formats of matrix products, one table: enumeration, words, bytes, peaks.
 *
 * ROW(ID, word, bits, scale_bits, next)
 * bits: of an element; of a product of 8 and 4 bit its rate and energy have parameters of their own.
 * scale_bits: an element's share of its block's scales: one of 8 bit for 32 elements (OCP Microscaling Formats 1.0, 2023),
 *   for 16 (NVFP4). In memory and in traffic alike.
 * next: the format whose peak counts where a device states none for this one; itself: there is none.
 * Adding a format is a row here; and, where it is no 16-, 8- or 4-bit format, its share of the peak in src/device/kernel.c. */
#ifndef TRAINCAST_FORMATS_H
#define TRAINCAST_FORMATS_H

/* clang-format off */
#define TC_FORMATS(ROW) \
    ROW(FP32, "fp32", 32, 0, TF32) \
    ROW(TF32, "tf32", 32, 0, TF32) /* in registers: tensors are in fp32 */ \
    ROW(BF16, "bf16", 16, 0, FP16) \
    ROW(FP16, "fp16", 16, 0, BF16) \
    ROW(FP8, "fp8", 8, 0, FP8) \
    ROW(MXFP8, "mxfp8", 8, 8.0 / 32, FP8) \
    ROW(NVFP4, "nvfp4", 4, 8.0 / 16, NVFP4) \
    ROW(INT8, "int8", 8, 0, INT8)
/* clang-format on */

#endif
