/* words.c - what sources say in the words of their own software.
 *
 * Recompute: the modules of Megatron-Core (--recompute-modules), MindSpeed (--recompute-norm ...), LLMQ; the
 * policies of MaxText (remat_policy) and of torchtitan (per-operator selective checkpointing: of the matmuls
 * every second runs again, all but attention of the rest: torchtitan, activation_checkpoint.py); lists of layers.
 * Networks: cloud instances and named machines, whose fabrics the catalog has.
 */
#include "validate/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *find(const char *text, const char *phrase) {
    size_t length = strlen(phrase);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == phrase[i]) i++;
        if (i == length) return text;
    }
    return NULL;
}

static bool says(const char *text, const char *phrase) { return find(text, phrase) != NULL; }

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define SAYS_ANY(text, list) says_any(text, list, COUNT(list))

static bool says_any(const char *text, const char *const *phrases, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (says(text, phrases[i])) return true;
    return false;
}

/* ---- recompute ---------------------------------------------------------------------- */

enum { BETWEEN_MATMULS = TC_GROUP_NORM | TC_GROUP_POSITION | TC_GROUP_ACTIVATION };

static const struct {
    const char *phrase;
    int operators;
} policies[] = {
    /* the first: torchtitan */
    {"per-op", BETWEEN_MATMULS | TC_GROUP_OUT_PROJECTION | TC_GROUP_GATE | TC_GROUP_MOE}, /* grouped matmuls are not among those that are kept */
    {"minimal_flash", BETWEEN_MATMULS},
    {"save_dot_with_context_except_mlp", BETWEEN_MATMULS | TC_GROUP_MLP},
    {"save_dot_except_mlpwi", BETWEEN_MATMULS | TC_GROUP_ATTENTION | TC_GROUP_MLP_UP},
    {"save_dot_except_logits_ffn1", BETWEEN_MATMULS | TC_GROUP_ATTENTION | TC_GROUP_MLP_UP},
    {"save_dot_except_mlp", BETWEEN_MATMULS | TC_GROUP_ATTENTION | TC_GROUP_MLP},
    {"minimal", BETWEEN_MATMULS | TC_GROUP_ATTENTION},
    {"save_dot", BETWEEN_MATMULS | TC_GROUP_ATTENTION},
    {"linear outputs", BETWEEN_MATMULS | TC_GROUP_ATTENTION},
    {"sdpa recompute", TC_GROUP_ATTENTION},
}, modules[] = {
    {"norm", TC_GROUP_NORM}, {"layernorm", TC_GROUP_NORM}, {"rmsnorm", TC_GROUP_NORM},
    {"act", TC_GROUP_ACTIVATION}, {"moe_act", TC_GROUP_ACTIVATION}, {"activation", TC_GROUP_ACTIVATION}, {"swiglu", TC_GROUP_ACTIVATION},
    {"mla_up_proj", TC_GROUP_QKV_UP}, {"up", TC_GROUP_QKV_UP},
    {"core_attn", TC_GROUP_ATTENTION}, {"att", TC_GROUP_ATTENTION},
    {"qkv", TC_GROUP_QKV},
    {"mlp", TC_GROUP_MLP}, {"ffn", TC_GROUP_MLP},
    {"moe", TC_GROUP_MOE}, {"shared_expert", TC_GROUP_SHARED_EXPERT}, {"shared_experts", TC_GROUP_SHARED_EXPERT},
};

/* MaxText: the layer's input and what is named are kept, the rest runs again. */
static int kept_by_name(const char *text) {
    int operators = TC_GROUP_ALL;
    if (says(text, "q,k,v") || says(text, "q, k, v")) operators &= ~(TC_GROUP_QKV | TC_GROUP_QKV_UP);
    if (says(text, "context")) operators &= ~TC_GROUP_ATTENTION;
    if (says(text, "out_proj")) operators &= ~TC_GROUP_OUT_PROJECTION;
    return operators;
}

static int named_modules(const char *text) {
    int operators = 0;
    while (*text) {
        size_t length = 0;
        while (isalnum((unsigned char)text[length]) || text[length] == '_') length++;
        for (size_t i = 0; i < COUNT(modules); i++) {
            const char *word = modules[i].phrase;
            size_t same = 0;
            while (same < length && word[same] && tolower((unsigned char)text[same]) == word[same]) same++;
            if (same == length && !word[same] && length) operators |= modules[i].operators;
        }
        text += length ? length : 1;
    }
    return operators;
}

/* "[10, 8, 6]": the sum. */
static double sum_of_list(const char *text) {
    double sum = 0;
    for (text++; *text && *text != ']';) {
        char *after;
        sum += strtod(text, &after);
        text = after > text ? after : text + 1;
    }
    return sum;
}

static tc_said_recompute operators_said(int operators) {
    return (tc_said_recompute){.kind = TC_RECOMPUTE_OPERATORS, .operators = operators, .understood = true};
}

tc_said_recompute tc_words_recompute(const char *text) {
    tc_said_recompute out = {.kind = TC_UNSET};
    const char *at;
    if (!text) return out;
    for (size_t i = 0; i < COUNT(policies); i++)
        if (says(text, policies[i].phrase)) {
            out = operators_said(policies[i].operators);
            out.listed_matmuls = i == 0;
            return out;
        }
    if (says(text, "layer_input") || says(text, "layer input") || says(text, "rest recomputed"))
        return operators_said(kept_by_name(text));
    if (says(text, "select_recompute=[")) return operators_said(TC_GROUP_ACTIVATION); /* MindFormers */
    if ((at = find(text, "recompute=[")))
        return (
            tc_said_recompute){.kind = TC_RECOMPUTE_LAYERS, .layers = sum_of_list(strchr(at, '[')), .understood = true};
    if ((at = find(text, "num-layers ")) || (at = find(text, "recompute of "))) {
        double layers = strtod(at + strcspn(at, "0123456789"), NULL);
        if (layers > 0 && says(text, "per pp rank"))
            return (tc_said_recompute){.kind = TC_RECOMPUTE_LAYERS, .layers_a_stage = layers, .understood = true};
        if (layers > 0 && says(text, " per "))
            return (tc_said_recompute){.kind = TC_RECOMPUTE_LAYERS, .layers_a_chunk = layers, .understood = true};
    }
    if (says(text, "auto-recompute")) {
        out.understood = true;
        return out;
    }
    int operators = named_modules(says(text, "activation checkpointing") ? "" : text);
    if (operators) {
        out = operators_said(operators);
        if ((at = find(text, "recompute-activation-function ")))
            out.layers_a_chunk = strtod(at + strlen("recompute-activation-function "), NULL);
        return out;
    }
    if (says(text, "swap-attention")) return (tc_said_recompute){.kind = TC_RECOMPUTE_NONE, .understood = true};
    return out;
}

/* ---- a choice that words make ------------------------------------------------------------ */

typedef struct choice {
    const char *phrase;
    int chosen;
} choice;

/* The phrase that comes first in the text decides; TC_UNSET without any. */
static int first_choice(const char *text, const choice *choices, size_t count) {
    const char *first = NULL;
    int chosen = TC_UNSET;
    for (size_t i = 0; text && i < count; i++) {
        const char *at = find(text, choices[i].phrase);
        if (at && (!first || at < first)) first = at, chosen = choices[i].chosen;
    }
    return chosen;
}

int tc_words_compiled(const char *text) {
    static const choice choices[] = {{"compile only the loss", 0},
                                     {"no compile", 0},
                                     {"nocompile", 0},
                                     {"compile=false", 0},
                                     {"without torch.compile", 0},
                                     {"without compile", 0},
                                     {"eager trainer + model compile", 1},
                                     {"eager", 0},
                                     {"compile", 1},
                                     {"max-autotune", 1},
                                     {"reduce-overhead", 1}};
    return first_choice(text, choices, COUNT(choices));
}

int tc_words_fused(const char *text, int fused) {
    static const choice softmax[]
        = {{"kernel 'torch'", 0},     {"unfused softmax", 0}, {"no-masked-softmax-fusion", 0}, {"kernel 'fused'", 1},
           {"scale-mask-softmax", 1}, {"fused softmax", 1},   {"masked-softmax-fusion", 1}};
    static const struct {
        const char *phrase;
        int operators;
    } kernels[]
        = {{"fused-rmsnorm", TC_GROUP_NORM},      {"fused rmsnorm", TC_GROUP_NORM},
           {"rms kernel", TC_GROUP_NORM},         {"fused-rotary-pos-emb", TC_GROUP_POSITION},
           {"fused-swiglu", TC_GROUP_ACTIVATION}, {"liger", TC_GROUP_NORM | TC_GROUP_POSITION | TC_GROUP_ACTIVATION}};
    if (!text) return fused;
    /* Megatron's and MindSpeed's flags: what a script does not name was off */
    const char *flags = find(text, "flags: ");
    if (flags && isalpha((unsigned char)flags[strlen("flags: ")]))
        fused &= ~(TC_GROUP_NORM | TC_GROUP_POSITION | TC_GROUP_ACTIVATION);
    for (size_t i = 0; i < COUNT(kernels); i++)
        if (says(text, kernels[i].phrase)) fused |= kernels[i].operators;
    int whole = first_choice(text, softmax, COUNT(softmax));
    return whole == TC_UNSET ? fused : whole ? fused | TC_GROUP_ATTENTION : fused & ~TC_GROUP_ATTENTION;
}

int tc_words_overlap(const char *text) {
    static const choice choices[] = {{"not overlapped", 0},         {"no gradient bucketing/overlap", 0},
                                     {"overlap grad-reduce", 1},    {"overlap-grad-reduce", 1},
                                     {"overlap_grad_reduce", 1},    {"dp communication overlap", 1},
                                     {"gradient comms overlap", 1}, {"ddp-impl torch", 1}};
    return first_choice(text, choices, COUNT(choices));
}

/* Of phrases that begin alike the longer one stands first. ZB-1p and ZB-2p are what a search for no bubble finds in the memory of 1F1B
 * and of twice that (Qi et al. 2023, section 4); ZB-H1 and ZB-H2 are their patterns by hand. DualPipeV is the half
 * of DualPipe with one copy of the weights: two chunks in a V. */
int tc_words_schedule(const char *text) {
    static const choice choices[] = {{"1f1b-i", TC_SCHEDULE_INTERLEAVED}, {"interleaved", TC_SCHEDULE_INTERLEAVED},
                                     {"1f1b", TC_SCHEDULE_1F1B},          {"gpipe", TC_SCHEDULE_GPIPE},
                                     {"zb-h1", TC_SCHEDULE_ZB_H1},        {"zb-1p", TC_SCHEDULE_ZB_H1},
                                     {"zero-bubble", TC_SCHEDULE_ZB_H1},  {"zb-h2", TC_SCHEDULE_ZB_H2},
                                     {"zb-2p", TC_SCHEDULE_ZB_H2},        {"zb-v", TC_SCHEDULE_ZB_V},
                                     {"zbv", TC_SCHEDULE_ZB_V},           {"v-half", TC_SCHEDULE_V_HALF},
                                     {"v-min", TC_SCHEDULE_V_MIN},        {"dualpipev", TC_SCHEDULE_ZB_V},
                                     {"dualpipe", TC_SCHEDULE_DUALPIPE}};
    return first_choice(text, choices, COUNT(choices));
}

int tc_words_hierarchical_dispatch(const char *text) {
    static const choice choices[] = {{"plain all-to-all", 0}, {"all-to-all dispatch", 0},
                                     {"all-to-all +", 0},     {"nccl all-to-all", 0},
                                     {"alltoall", 0},         {"no deepep", 0},
                                     {"without deepep", 0},   {"deepep", 1},
                                     {"hybridep", 1},         {"hybrid-ep", 1}};
    int chosen = first_choice(text, choices, COUNT(choices));
    /* a recipe's list of what it sets: without moe_flex_dispatcher_backend, Megatron-Core's all-to-all */
    return chosen == TC_UNSET && text && says(text, "taken from repo recipe") ? 0 : chosen;
}

/* ---- networks ------------------------------------------------------------------------------ */

/* Huawei sells bins of a chip under one name; a table of runs has the bin that its collector took. The usual one of a server of 64 GB is
 * that of its data sheet (data/accelerators/huawei/ascend-910b3.yaml). Models that MindFormers runs on both kinds of machine
 * take 5 to 18 % longer on it than on an Atlas 900 A2 PoDc. */
const char *tc_words_bin(const char *text, const char *accelerator) {
    static const struct {
        const char *phrase, *accelerator, *bin;
    } bins[] = {{"atlas 800t a2", "ascend-910b2", "ascend-910b3"}};
    for (size_t i = 0; text && i < COUNT(bins); i++)
        if (says(text, bins[i].phrase) && strcmp(accelerator, bins[i].accelerator) == 0) return bins[i].bin;
    return NULL;
}

const char *tc_words_fabric(const char *text, const char *accelerator) {
    static const struct {
        const char *phrase, *accelerator, *fabric;
    } fabrics[] = {
        {"efa", "v100", "aws-p3dn-efa"},
        {"efa", "a100", "aws-p4d-efa"},
        {"efa", "h100", "aws-p5-efa"},
        {"efa", "h200", "aws-p5en-efa"},
        {"efa", "b200", "aws-p6-b200-efa"},
        {"p3dn", "v100", "aws-p3dn-efa"},
        {"p4d", "a100", "aws-p4d-efa"},
        {"p5.48xlarge", "h100", "aws-p5-efa"},
        {"dgx-2", "v100", "dgx-2"},
        {"omni-path", "v100", "jean-zay-v100-opa"},
        {"omni-path", "a100", "jean-zay-a100-opa"},
        {"slingshot", "a100", "polaris"},
        {"tcpxo", "h100", "gcp-a3-mega"},
        {"a3 mega", "h100", "gcp-a3-mega"},
        {"tcpx", "h100", "gcp-a3-high"},
        {"a3 ultra", "h200", "gcp-a3-ultra"},
        {"gcp a4", "b200", "gcp-a4"},
        {"grand teton", "h100", "grand-teton-roce"},
    };
    for (size_t i = 0; text && i < COUNT(fabrics); i++)
        if (says(text, fabrics[i].phrase)
            && strncmp(accelerator, fabrics[i].accelerator, strlen(fabrics[i].accelerator)) == 0)
            return fabrics[i].fabric;
    return NULL;
}

int tc_words_shard_group(const char *text) {
    const char *at = text ? find(text, "over groups of ") : NULL;
    return at ? atoi(at + strlen("over groups of ")) : 0;
}

/* The number that follows the phrase; 0. */
static double number_after(const char *text, const char *phrase) {
    const char *at = find(text, phrase);
    return at ? strtod(at + strlen(phrase), NULL) : 0;
}

/* ---- recipe ------------------------------------------------------------------------------ */

/* Megatron-Core's cuda_graph_impl and cuda_graph_scope. */
static int graphed_said(const char *text) {
    enum {
        ATTENTION_BLOCK
        = TC_GROUP_NORM | TC_GROUP_QKV | TC_GROUP_POSITION | TC_GROUP_ATTENTION | TC_GROUP_OUT_PROJECTION
    };
    if (says(text, "cuda_graph_impl=none") || says(text, "no cuda graph")) return 0;
    if (says(text, "cuda_graph_impl=full_iteration") || says(text, "cuda_graph_scope=full_iteration"))
        return TC_GROUP_ALL;
    const char *scope = find(text, "cuda_graph_scope=");
    if (!scope) return TC_UNSET;
    char words[96];
    size_t length = strcspn(scope, scope[strlen("cuda_graph_scope=")] == '[' ? "]" : ",;");
    if (length >= sizeof words) length = sizeof words - 1;
    memcpy(words, scope, length);
    words[length] = 0;
    int operators = 0;
    if (says(words, "attn")) operators |= ATTENTION_BLOCK;
    if (says(words, "mlp")) operators |= TC_GROUP_MLP;
    if (says(words, "moe_router")) operators |= TC_GROUP_ROUTER;
    return operators;
}

tc_said_recipe tc_words_recipe(const char *text) {
    tc_said_recipe out = {.balanced_routing = TC_UNSET,
                          .etp = TC_UNSET,
                          .native_attention = TC_UNSET,
                          .overlap = TC_UNSET,
                          .graphed = TC_UNSET,
                          .cp_kind = TC_UNSET,
                          .sequential_experts = TC_UNSET,
                          .mtp_layers = TC_UNSET,
                          .quantised_inputs = TC_UNSET};
    static const char *const balanced[] = {"force-balanc", "forced balanc", "forced-balanc",    "force_load_balanc",
                                           "force_balanc", "balanced gate", "force load balanc"};
    static const char *const unbalanced[] = {"no forced balanc", "real routing", "without forced balanc"};
    static const char *const unsplit[] = {"expert_tensor_parallel_size=1", "expert-tensor-parallel 1",
                                          "expert-tensor-parallel size 1", "expert-tensor-parallel-size=1"};
    if (!text) return out;
    if (SAYS_ANY(text, balanced)) out.balanced_routing = 1;
    if (SAYS_ANY(text, unbalanced)) out.balanced_routing = 0;
    if (SAYS_ANY(text, unsplit)) out.etp = 1;
    static const char *const native[]
        = {"fa3", "fa4", "flashattention-3", "flashattention 3", "flash-attention-3", "cudnn attention"};
    static const char *const portable[]
        = {"fa2", "flashattention-2", "flashattention 2", "flash-attention-2", "flashattention-1", "xformers"};
    if (SAYS_ANY(text, portable)) out.native_attention = 0;
    if (SAYS_ANY(text, native)) out.native_attention = 1;
    if (says(text, "overlap features off") || says(text, "overlap off")) out.overlap = 0;
    out.graphed = graphed_said(text);
    /* MindSpeed's algorithms; the hybrid is a ring of groups that exchange heads */
    if (says(text, "megatron_cp_algo") || says(text, "hybrid_cp_algo") || says(text, "cp-comm-type p2p"))
        out.cp_kind = TC_CP_RING;
    else if (says(text, "ulysses") || says(text, "cp-comm-type a2a"))
        out.cp_kind = TC_CP_ALL_TO_ALL;
    if (says(text, "grouped-gemm") || says(text, "grouped gemm") || says(text, "grouped matmul"))
        out.sequential_experts = 0;
    out.expert_capacity = number_after(text, "capacity-factor=");
    if (out.expert_capacity <= 0) out.expert_capacity = number_after(text, "capacity factor ");
    double mtp = number_after(text, "mtp-num-layers=");
    if (mtp > 0)
        out.mtp_layers = (int)mtp;
    else if (says(text, "1 mtp layer") || says(text, "mtp layer is included") || says(text, "w/ mtp")
             || says(text, "mtp depth 1"))
        out.mtp_layers = 1;
    const char *noop = find(text, "noop-layers=");
    for (out.noop_layers = noop ? 1 : 0; noop && *noop && *noop != ' ' && *noop != ';'; noop++)
        out.noop_layers += *noop == ',' && isdigit((unsigned char)noop[1]);
    const char *window = find(text, "sliding-window=");
    if (window && (window == text || window[-1] == ' ')) out.window = (int)number_after(window, "sliding-window=");
    out.documents = says(text, "reset-position-ids") || says(text, "reset-attention-mask");
    out.full_mask = says(text, "mask-type=general") || says(text, "general attention mask");
    out.fused_tensor_parallel = says(text, "use-mc2") || says(text, "with mc2") || says(text, "use-ascend-mc2")
                                || says(text, "use-ascend-coc");
    out.alibi = says(text, "position-embedding-type=alibi");
    out.offloaded_states = says(text, "swap-optimizer");
    if (says(text, "swap-attention"))
        out.offloaded_operators = TC_GROUP_QKV | TC_GROUP_ATTENTION; /* MindSpeed: of the self-attention module */
    if (says(text, "saves quantized activations")) out.quantised_inputs = 1;
    return out;
}

tc_said_loss tc_words_loss(const char *text, bool *fused_modules) {
    static const char *const eager[] = {"cross entropy of single kernels", "unchunked", "no liger", "without liger"};
    *fused_modules = false;
    if (!text) return TC_LOSS_UNSAID;
    if (SAYS_ANY(text, eager)) return TC_LOSS_EAGER;
    *fused_modules = says(text, "liger");
    if (*fused_modules) return TC_LOSS_CHUNKED;
    if (says(text, "chunked-ce")) return TC_LOSS_SPLIT;
    return says(text, "compile only the loss") || says(text, "the loss frees the 16-bit logits") ? TC_LOSS_COMPILED
                                                                                                 : TC_LOSS_UNSAID;
}
