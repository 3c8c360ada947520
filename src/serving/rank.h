/* rank.h - what one rank of a served model holds and does, as plain numbers: products, keys and values, collectives. */
#ifndef TC_SERVING_RANK_H
#define TC_SERVING_RANK_H

#include "traincast.h"

#define TC_SERVING_PRODUCTS 24

/* A product of a layer: rows x (k, n), its weights read once. */
typedef struct tc_product {
    double weights_s; /* reading the weights, of experts all of the rank's */
    double row_s;     /* FLOPs of a row at the rate of long rows */
    double move_s;    /* a row's input and output in memory */
    double floor_s;   /* beyond these */
    double kernels;   /* that it is: of 8 and 4 bit its inputs are quantised first */
    double bytes;     /* of the weights */
    bool experts;
    double
        fill; /* of experts: rows that each of the rank takes beyond those that come to it; 0: half a tile of those touched */
    double fill_s; /* FLOPs of such a row */
} tc_product;

/* Equal layers. */
typedef struct tc_layers {
    double count; /* of a stage */
    int products;
    double product_kernels; /* of the products */
    tc_product product[TC_SERVING_PRODUCTS];
    bool attends, has_experts;
    double kv_bytes;       /* of a token, on this rank, in one layer */
    double kv_bytes_model; /* of a token in one layer of the whole model, without copies */
    double window;         /* tokens; 0: all */
    double row_pair_flops; /* decode: of a query row and a key, all heads of the rank */
    double heads_padding;  /* rows of queries that one key serves, filled up to a tile, over those there are */
    double pair_flops;     /* prefill: the same where keys and values are whole heads */
    double head_dim;
    double index_bytes; /* of a token, in the cache of an indexer that chooses keys */
    double index_pair_flops;
    double selected;              /* keys that it chooses; 0: all */
    double state_bytes;           /* of a request, on this rank, in one layer: states of recurrences */
    double state_flops;           /* of a token in them */
    double state_kernels;         /* small ones that a prompt takes there */
    double experts, top_k, local; /* experts of the model, of a token, of the rank */
    double miss_log;              /* log(1 - top_k / experts) */
    double reductions;            /* all-reduces of the tensor-parallel ranks */
    double reductions_shared;     /* of these, what is left where experts exchange tokens */
    double kernels;               /* small ones */
    double row_s;                 /* of them, a row's traffic */
} tc_layers;

/* A collective of b bytes takes start_s + b * byte_s. */
typedef struct tc_line {
    double start_s, byte_s;
} tc_line;

typedef struct tc_rank {
    int runs;
    tc_product head;
    double layers;            /* of a stage */
    double stages, tp, group; /* group: replicas that share experts */
    double hidden;
    tc_line reduce, exchange, hop;
    double exchange_bytes; /* of an element that is dispatched */
    double memory_bytes_per_s, kv_s_per_byte, attention_floor_s, decode_pair_s, prefill_pair_s, prefill_seq_half;
    double kernel_s, imbalance;
    double weight_bytes;     /* of the rank */
    double activation_bytes; /* of a prompt's token, at the widest place of a layer */
    double peak16;
    double token_flops;           /* of products, of the whole model */
    double expert_flops;          /* of these, of routed experts */
    bool products_fall_back;      /* the device has no products of the format: its weights are unpacked to 16 bit */
    tc_layers run[TC_MAX_BLOCKS]; /* the last: those beyond `runs` stay as they are */
} tc_rank;

/* Degrees that stand, all at least 1. */
typedef struct tc_serving_degrees {
    int tp, pp, ep, dp;
} tc_serving_degrees;

/* TC_INVALID with the option as place where degrees do not divide. */
TC_NODISCARD tc_code tc_rank_of(const tc_serving_question *question, const tc_serving_degrees *degrees, tc_rank *out,
                                tc_error *error);

/* Bytes of keys and values of a request with so many tokens: on a rank; of the whole model. */
double tc_kv_bytes_of_rank(const tc_rank *rank, double tokens);
double tc_kv_bytes_of_model(const tc_rank *rank, double tokens);

/* What a step computes, of one replica. */
typedef struct tc_load {
    double requests, rows; /* that decode; rows: tokens of each, drafts included */
    double context;        /* tokens of each */
    double prompt;         /* tokens of prompts */
    double pairs;          /* query-key pairs of these, per head */
    double keys;           /* keys of a mean row of them */
    double prompts;        /* that end in the step */
} tc_load;

/* Seconds on the device; parts: NULL or what they go to (host is left out). *kernels: launched, of a stage's layers and the head. */
double tc_load_seconds(const tc_rank *rank, const tc_load *load, tc_serving_parts *parts, double *kernels);

#endif
