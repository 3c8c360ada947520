/* attention.c - attention over all or the last tokens: MHA, GQA and MQA, fused or as two products around a softmax.
 *
 * With flash attention the scores are not kept, but their log-sum-exp (Dao et al. 2022); written to memory they
 * follow Korthikanti et al. 2022 (arXiv 2205.05198), section 4. Queries and keys have lengths of their own: an
 * attention to itself has as many of both, one to a cache has few queries for many keys.
 * Heads are split by tensor parallelism; where it has more ranks than key-value heads, these are copied. */
#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "base/latents.h"
#include "workload/parts.h"

static const tc_member members[] = {
    TC_INTEGER_NEEDED(tc_attention, heads, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_attention, kv_heads, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_attention, head_dim, TC_MOST_DEGREE),
    TC_INTEGER(tc_attention, window, 0, TC_MOST_TOKENS),
    TC_SWITCH(tc_attention, qkv_bias),
    TC_SWITCH(tc_attention, out_bias),
    TC_SWITCH(tc_attention, qk_norm),
    TC_SWITCH(tc_attention, qk_norm_full),
    TC_SWITCH(tc_attention, qk_norm_bias),
    TC_SWITCH(tc_attention, sinks),
    TC_SWITCH(tc_attention, gate),
    TC_INTEGER(tc_attention, chunk, 0, TC_MOST_TOKENS),
    TC_WORD(tc_attention, span, TC_SPAN_TIME, "span"),
    TC_INTEGER(tc_attention, skip, 0, TC_MOST_DEGREE),
};
const tc_members tc_attention_members = TC_MEMBERS(tc_attention, members, NULL, NULL);

/* Rotation in fp32 as single kernels of eager PyTorch: about 40 bytes an element for 8. */
#define CHAIN_POSITION 5

/* Rows that a matrix unit takes at a time (mma m16n8k16, the cube of 16 x 16 x 16). */
#define UNIT_ROWS 16

static tc_op_tag tag_of(const tc_attention_core *core) { return core->tag ? core->tag : TC_TAG_ATTENTION; }

static double parts_of(const tc_attention_core *core) { return core->parts > 1 ? core->parts : 1; }

/* Query-key pairs per head and sequence that a causal or windowed kernel computes, of all its `queries` per query, with
 * documents of their own in a packed sequence; and what the operator says of its rows. */
static double attention_pairs(const tc_attention_core *core, double document, double own_queries, tc_operator *op) {
    double queries = core->queries, keys = core->keys / parts_of(core), per_query = keys;
    if (document > 0 && document < keys) queries = keys = per_query = document;
    if (!core->causal && core->window > 0 && core->window < keys) per_query = core->window;
    if (core->causal) {
        per_query = keys - queries / 2;
        double window = core->window, first = window - (keys - queries); /* queries that see less than the window */
        if (window > 0 && window < keys) per_query = window - (first > 0 ? first * first / (2 * queries) : 0);
    }
    double pairs = own_queries * per_query;
    op->attention.keys = pairs / own_queries * (core->causal ? 1 + queries / keys : 1);
    op->attention.seen = per_query;
    op->attention.length = keys;
    op->attention.window = core->window > 0 && core->window < keys ? core->window : 0;
    return pairs;
}

/* Rows of so many 16-bit elements are no multiple of 16 bytes. */
static bool odd_rows(double width) { return width != 8 * (double)(int64_t)(width / 8); }

/* Two batched GEMMs around scale, mask, softmax and dropout on (heads, queries, keys). Single kernels take 24 bytes an
 * element for 4, and keep the softmax in fp32 beside its 16-bit copy (Megatron-LM, fused_softmax.py, forward_torch_softmax;
 * Transformers, eager_attention_forward). */
static void add_plain(tc_operators *out, const tc_attention_core *core, const tc_shard *shard, double queries,
                      double qkv_bytes) {
    double parts = parts_of(core), batch = shard->sequences * core->heads * parts, keys = core->keys / parts;
    queries /= parts;
    double scores = batch * queries * keys;
    tc_op_tag tag = tag_of(core);
    double mask = shard->dropout ? 5 : 0, dropped = !shard->dropout ? 0 : shard->wide ? 2.5 : 3; /* a mask is a byte */
    bool copied = shard->unfused_softmax && !shard->narrow_softmax && !shard->wide;
    tc_operator *op = tc_add_gemm(out, tag, TC_SPLIT_TENSOR, batch, queries, keys, core->qk_dim, TC_GROUP_ATTENTION);
    op->weights = 0;
    op->gemm.low_precision = false;
    op->gemm.odd_rows = odd_rows(core->qk_dim);
    op->saved_bytes = qkv_bytes;
    op->drops = core->inputs;
    op = tc_add_elementwise(out, tag, (4 + mask) * scores, (6 + mask) * scores,
                            (2 + (copied ? 4 : 0) + dropped) * scores, TC_GROUP_ATTENTION);
    op->elementwise.unfused = (24 + mask) / (4 + mask);
    op->drops = TC_GROUP_QKV | TC_GROUP_ATTENTION;
    op = tc_add_gemm(out, tag, TC_SPLIT_TENSOR, batch, queries, core->v_dim, keys, TC_GROUP_ATTENTION);
    op->weights = 0;
    op->gemm.low_precision = false;
    op->gemm.odd_rows = odd_rows(core->v_dim);
}

void tc_add_attention(tc_operators *out, const tc_attention_core *core, const tc_shard *shard) {
    double queries = core->queries / shard->cp, own_keys = core->own_keys ? core->keys : core->keys / shard->cp;
    double tokens = shard->sequences * queries, width = core->qk_dim + core->v_dim;
    double q_bytes = 2 * tokens * core->heads * core->qk_dim, o_bytes = 2 * tokens * core->heads * core->v_dim;
    double kv_bytes = 2 * (shard->sequences * own_keys) * core->kv_heads * width;
    if (!core->own_keys) {
        out->cp_bytes += kv_bytes;
        out->cp_query_bytes += q_bytes + o_bytes;
        out->chunked = core->chunk > 0;
        out->window = out->chunked ? core->chunk : core->window;
    }
    if (shard->plain_attention) {
        add_plain(out, core, shard, queries, q_bytes + kv_bytes);
        return;
    }
    tc_operator *op = tc_add_operator(out, TC_OP_ATTENTION, tag_of(core), TC_GROUP_ATTENTION, core->inputs);
    double document
        = core->chunk > 0 && !(shard->document > 0 && shard->document < core->chunk) ? core->chunk : shard->document;
    double pairs = attention_pairs(core, document, queries, op);
    op->attention.pairs = shard->sequences * core->heads * pairs;
    op->attention.head_dim = core->qk_dim > core->v_dim ? core->qk_dim : core->v_dim;
    op->attention.tiles = shard->sequences * core->heads * queries / 128;
    op->flops = 2 * op->attention.pairs * width;
    if (core->parts > 1) { /* sequences of a few tokens leave the unit half empty */
        double rows = core->queries / core->parts, filled = UNIT_ROWS * ceil(rows / UNIT_ROWS) / rows;
        op->attention.pairs *= filled;
        op->attention.tiles *= filled;
    }
    op->bytes = q_bytes + o_bytes + (core->own_keys ? kv_bytes : kv_bytes * shard->cp);
    op->backward_bytes = 2 * op->bytes + o_bytes;
    op->saved_bytes = q_bytes + kv_bytes + 4 * tokens * core->heads; /* log-sum-exp; o is the next GEMM's input */
    if (shard->attention_bias) op->saved_bytes += 2 * shard->sequences * core->heads * queries * core->keys;
}

/* Queries, keys and values of one stream. */
static void add_inputs(const tc_part_input *in, double tokens, double heads, double kv_heads, tc_operators *out) {
    const tc_attention *a = &in->block->attention;
    double h = in->model->hidden, d = a->head_dim;
    double columns = ((a->gate ? 2 : 1) * heads + 2 * kv_heads) * d, elements = tokens * (heads + kv_heads) * d;
    tc_operator *op = tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, tokens, columns, h, TC_GROUP_QKV);
    if (a->qkv_bias) op->biases = columns;
    if (a->sinks) op->replicated = a->heads;
    if (a->qk_norm) {
        op = tc_add_norm(out, in->model, elements, 0);
        op->replicated = a->qk_norm_full ? (double)(a->heads + a->kv_heads) * d : 2 * d;
        if (a->qk_norm_bias) op->replicated *= 2;
    }
    if (in->model->positions == TC_POSITIONS_ROTARY)
        tc_add_elementwise(out, TC_TAG_POSITION, 4 * elements, 4 * elements, 0, TC_GROUP_POSITION | TC_GROUP_QKV_UP)
            ->elementwise.unfused
            = CHAIN_POSITION;
}

static void add_output(const tc_part_input *in, double tokens, double heads, tc_operators *out) {
    const tc_attention *a = &in->block->attention;
    double h = in->model->hidden, width = heads * a->head_dim;
    tc_operator *op
        = tc_add_gemm(out, TC_TAG_OUT_PROJECTION, TC_SPLIT_TENSOR, 1, tokens, h, width, TC_GROUP_OUT_PROJECTION);
    op->saved_bytes = in->shard->input_bytes * tokens * width;
    op->drops = TC_GROUP_ATTENTION;
    if (a->out_bias) op->replicated = h;
}

/* Sequences that the tokens fall into, each of which attends to itself. */
static double parts_by_span(const tc_attention *a, const tc_latents *latents, double seq) {
    double frames = tc_latent_frames(latents);
    if (frames < 1) frames = 1;
    if (a->span == TC_SPAN_SPACE) return frames;
    if (a->span == TC_SPAN_TIME) return seq / frames;
    return a->skip;
}

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_attention *a = &in->block->attention;
    const tc_shard *shard = in->shard;
    double d = a->head_dim, heads = a->heads / shard->tp, kv_heads = a->kv_heads / shard->tp;
    if (heads < 1) heads = 1;
    if (kv_heads < 1) kv_heads = 1;
    add_inputs(in, in->tokens, heads, kv_heads, out);
    if (in->text_tokens > 0) add_inputs(in, in->text_tokens, heads, kv_heads, out);
    double seq = in->seq; /* each of the sequences that the latents are dealt out to attends to all of the text */
    if (a->skip > 1 && in->text_tokens > 0) seq += (a->skip - 1) * in->model->latents.text_tokens;
    tc_attention_core core = {.heads = heads,
                              .kv_heads = kv_heads,
                              .qk_dim = d,
                              .v_dim = d,
                              .queries = seq,
                              .keys = seq,
                              .window = a->window,
                              .parts = parts_by_span(a, &in->model->latents, in->seq),
                              .chunk = a->chunk,
                              .causal = in->model->causal,
                              .inputs = TC_GROUP_QKV};
    tc_add_attention(out, &core, shard);
    if (a->gate)
        tc_add_elementwise(out, TC_TAG_ACTIVATION, 6 * in->tokens * heads * d, 10 * in->tokens * heads * d,
                           4 * in->tokens * heads * d, 0);
    add_output(in, in->tokens, heads, out);
    if (in->text_tokens > 0 && !in->block->text_ends) add_output(in, in->text_tokens, heads, out);
    out->tp_collectives++;
}

tc_code tc_heads_split(int heads, const tc_degrees *degrees, tc_error *error) {
    if (heads % degrees->tp)
        return tc_fail(error, TC_INVALID, "--tp", "%d does not divide %d attention heads; choose a divisor",
                       degrees->tp, heads);
    if (heads / degrees->tp % degrees->exchange)
        return tc_fail(error, TC_INVALID, "--cp-kind",
                       "all-to-all of %d ranks does not divide %d heads of a rank; choose a divisor", degrees->exchange,
                       heads / degrees->tp);
    return TC_OK;
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    int kv_heads = block->attention.kv_heads, tp = degrees->tp;
    tc_code code = tc_heads_split(block->attention.heads, degrees, error);
    if (code == TC_OK && kv_heads > 0 && kv_heads % tp && tp % kv_heads)
        return tc_fail(error, TC_INVALID, "--tp",
                       "%d and %d key-value heads do not divide; choose a divisor or a multiple", tp, kv_heads);
    return code;
}

const tc_part tc_attention_part = {emit, splits, 0};
