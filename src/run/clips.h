/* clips.h - generation of images and video by denoising: seconds and money of a clip. */
#ifndef TC_RUN_CLIPS_H
#define TC_RUN_CLIPS_H

#include "traincast.h"

typedef struct tc_clip_question {
    tc_question model;                  /* the model with its sample, all devices, the stack whose kernels it has */
    int steps;                          /* of denoising */
    bool guidance;                      /* classifier-free: each step has a pass with the text and one without */
    double price_usd, rental_usd_per_h; /* of a package; TC_UNSET: the accelerator's */
    const tc_economics *economics;
} tc_clip_question;

typedef struct tc_clip_answer {
    double clip_s, clip_s_p10, clip_s_p90; /* one clip on its devices */
    double pass_s;                         /* forward, one sample */
    double denoising_s, codec_s;           /* codec: text encoder and the decoder of the latents */
    int devices, devices_per_clip;         /* that share a clip by context parallelism; the others make others */
    double clips_per_h;                    /* of all devices */
    double weight_bytes;                   /* of a device */
    bool fits;
    double owned_usd, rented_usd; /* of a clip; NaN: not known */
    double tokens;                /* latent ones of a sample */
} tc_clip_answer;

/* The devices of a clip are those with which it is ready soonest. TC_INVALID with an option as place. */
TC_NODISCARD tc_code tc_forecast_clip(const tc_clip_question *question, tc_clip_answer *out, tc_error *error);

#endif
