/* formats.h - what follows from a number format: bytes, and the peak that products in it have. */
#ifndef TC_BASE_FORMATS_H
#define TC_BASE_FORMATS_H

#include "traincast.h"

/* Of 8 or 4 bit: weights, gradients and other tensors stay in 16 bit. */
bool tc_format_is_low(int dtype);
/* Bits of an element, without scales. */
int tc_format_bits(int dtype);
/* Bytes of an element, its scales included. */
double tc_format_bytes(int dtype);
/* The format of tensors that are no input of a product in the format, and of weights: itself, or bf16 where it is low. */
int tc_format_wide(int dtype);

/* Dense peak of a device's matrix units in a format: its own, else that of the format that products run in instead; fp32
 * falls back on the vector units. 0: there is none. */
double tc_peak_flops(const tc_accelerator *accelerator, int dtype);

#endif
