/* latents.h - pixels to latent tokens.
 *
 * A causal video autoencoder makes 1 + (F - 1) / t latent frames of F frames, and a latent of s x s pixels; a token is p x p
 * latents, of one frame or a few, to which frames are filled up (CogVideoX 1.5). */
#ifndef TC_BASE_LATENTS_H
#define TC_BASE_LATENTS_H

#include "traincast.h"

/* Latent frames, in tokens; 0 without latents. */
static inline int tc_latent_frames(const tc_latents *l) {
    if (l->stride == 0) return 0;
    int frames = 1 + (l->frames - 1) / l->time_stride;
    return (frames + l->time_patch - 1) / l->time_patch;
}

/* Tokens of a sample. */
static inline int64_t tc_latent_tokens(const tc_latents *l) {
    int64_t token = (int64_t)l->stride * l->patch;
    return l->stride == 0 ? 0 : tc_latent_frames(l) * (l->height / token) * (l->width / token);
}

#endif
