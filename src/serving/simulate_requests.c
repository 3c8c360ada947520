/* simulate_requests.c - requests one by one through replicas: queues, prompts in steps, decoding, a full cache, percentiles.
 *
 * Between an arrival, the end of a request and a full cache all steps of a replica are alike but for the context, which grows by its
 * requests: k of them take k d(B) + c (k K + B k (k - 1) / 2), K the tokens in the cache, c the seconds that one of them costs. So
 * the work is that of the requests, not of their tokens. The seconds of a step come from the model of the closed forms (load.c), by
 * linear interpolation between requests that decode and tokens of prompts.
 * A full cache preempts the request that was admitted last; it computes its prompt and what it had yielded again (vLLM's recompute).
 * Ignored: prefixes that requests share, lengths that an engine would know. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "serving/answer.h"
#include "serving/batching.h"
#include "serving/members.h"
#include "serving/traffic.h"

/* ---- seconds of a step -------------------------------------------------------------------------- */

enum { BATCHES = 40, PROMPTS = 20 };

typedef struct costs {
    double batch[BATCHES], prompt[PROMPTS];
    int batches, prompts;
    double seconds[BATCHES][PROMPTS]; /* at the mean context; negative: not asked for yet */
    const tc_service *service;
    double context, context_s; /* context_s: of a token in the cache */
    double pair_s, mean_keys;  /* of a query and a key of a prompt, beyond the mean prompt's */
} costs;

static void fill_costs(const tc_service *s, double most_tokens, costs *c) {
    *c = (costs){.context = s->context, .service = s};
    for (double b = 0; c->batches < BATCHES; b = b < 4 ? b + 1 : b * 1.3) {
        c->batch[c->batches++] = fmin(b, s->most);
        if (b >= s->most) break;
    }
    for (double p = 0; c->prompts < PROMPTS; p = p < 1 ? 64 : p * 1.5) {
        c->prompt[c->prompts++] = fmin(p, most_tokens);
        if (p >= most_tokens) break;
    }
    for (int i = 0; i < c->batches; i++)
        for (int k = 0; k < c->prompts; k++) c->seconds[i][k] = c->batch[i] + c->prompt[k] > 0 ? -1 : 0;
    tc_service longer = *s;
    double some = fmin(8, s->most), more = 1.5;
    longer.context = s->context * more;
    c->context_s
        = (tc_step_seconds(&longer, some, 0, 0) - tc_step_seconds(s, some, 0, 0)) / (some * s->context * (more - 1));
    double tokens = fmin(s->uncached, most_tokens), share = tokens / s->uncached;
    c->mean_keys = s->cached + s->uncached / 2;
    c->pair_s = (tc_step_seconds(s, 0, tokens, 1.5 * share) - tc_step_seconds(s, 0, tokens, share))
                / (0.5 * tokens * fmax(c->mean_keys, 1));
}

static double seconds_at(costs *c, int i, int k) {
    double *seconds = &c->seconds[i][k];
    if (*seconds < 0)
        *seconds = tc_step_seconds(c->service, c->batch[i], c->prompt[k], c->prompt[k] / c->service->uncached);
    return *seconds;
}

static int place_of(const double *grid, int count, double value) {
    int low = 0, high = count - 1;
    while (high - low > 1) {
        int mid = (low + high) / 2;
        *(grid[mid] <= value ? &low : &high) = mid;
    }
    return low;
}

static double along(const double *grid, int at, double value) {
    double wide = grid[at + 1] - grid[at];
    return wide > 0 ? (value - grid[at]) / wide : 0;
}

/* With so many that decode, whose contexts have so many tokens, and prompt tokens over keys beyond the mean prompt's. */
static double step_seconds(costs *c, double batch, double context, double prompt, double pairs) {
    int i = c->batches > 1 ? place_of(c->batch, c->batches, batch) : 0,
        k = prompt > 0 ? place_of(c->prompt, c->prompts, prompt) : 0;
    double x = along(c->batch, i, batch), y = prompt > 0 ? along(c->prompt, k, prompt) : 0;
    double low = seconds_at(c, i, k), high = seconds_at(c, i + 1, k);
    if (y > 0) low += y * (seconds_at(c, i, k + 1) - low);
    if (y > 0) high += y * (seconds_at(c, i + 1, k + 1) - high);
    if (i == 0 && prompt <= 0) { /* nothing takes no time: from one request on */
        low = seconds_at(c, 1, 0);
        high = low;
        x = 0;
    }
    double seconds = low + x * (high - low) + c->context_s * (context - batch * c->context) + c->pair_s * pairs;
    return fmax(seconds, 0.2 * low);
}

/* ---- percentiles ------------------------------------------------------------------------------------ */

/* Counts by size, 128 to an octave: a percentile is known to half of a per cent. */
enum { BINS = 64 * 128, LEAST_EXPONENT = 1023 - 32 };

typedef struct counts {
    int64_t n, bin[BINS];
    double sum;
} counts;

static void count(counts *c, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t at = (int64_t)(bits >> 45) - ((int64_t)LEAST_EXPONENT << 7);
    c->bin[at < 0 ? 0 : at >= BINS ? BINS - 1 : at]++;
    c->n++;
    c->sum += value;
}

static double quantile(const counts *c, double q) {
    double wanted = q * (double)c->n, passed = 0;
    for (int i = 0; i < BINS; i++) {
        passed += (double)c->bin[i];
        if (passed >= wanted && c->bin[i] > 0) {
            uint64_t bits = ((uint64_t)i + ((uint64_t)LEAST_EXPONENT << 7)) << 45;
            double value;
            memcpy(&value, &bits, sizeof value);
            return value * (1 + 0.5 / 128);
        }
    }
    return NAN;
}

static tc_quantiles quantiles_of(const counts *c) {
    if (c->n == 0) return (tc_quantiles){NAN, NAN, NAN, NAN, NAN};
    return (tc_quantiles){c->sum / (double)c->n, quantile(c, 0.5), quantile(c, 0.9), quantile(c, 0.95),
                          quantile(c, 0.99)};
}

/* ---- a replica ----------------------------------------------------------------------------------------- */

typedef struct slot {
    double at_s, first_s;      /* arrival; first token, 0: none yet */
    float input, output, done; /* tokens; done: prompt computed, what it yielded before a preemption included */
    float prompt;              /* to be computed: input, after a preemption what it had yielded too */
    int64_t ends;              /* step in which it ends */
    int before, after;         /* in the order of admission; -1 */
    bool counted;
} slot;

typedef struct due {
    int64_t step;
    int slot;
} due;

typedef struct replica {
    double now;
    int64_t step;
    int running, oldest, newest; /* newest, oldest: admitted */
    double tokens;               /* in the cache */
    double reserved;             /* what those that run will have there at their ends */
    due *heap;
    int due_count;
    int *queue; /* ring of slots that wait */
    int64_t head, waiting;
    int64_t known; /* of those that wait, that may begin */
    int64_t
        seen; /* the same that the engine has seen: the step after the next one may have them where it prepares one ahead */
    int64_t turn, seen_at;  /* steps of all kinds; when it last saw new ones */
    int64_t looked, since;  /* steps: when it last looked; when the first that it has not seen came */
    double *due_s;          /* a ring: when requests of clients whose last one has ended come */
    int64_t due_head, dues; /* due_head: the next; all that were put in less all that were taken out */
} replica;

typedef struct run {
    const tc_service *service;
    const tc_traffic *traffic;
    costs costs;
    tc_source source;
    replica *replica;
    int replicas, turn;
    slot *slots;
    int slot_count, free_count, *free_slots;
    int64_t ring; /* room of a queue, a power of two */
    double most, room_tokens, chunk, prompt_tokens, accepted, admission_s;
    int64_t poll_steps, hold_steps, clients; /* clients: of a closed loop, of a replica */
    double *prefill_free;                    /* when each instance that prefills alone is free */
    int prefills;
    bool closed, reserves;
    int64_t ahead; /* steps that are launched already when the engine looks */
    int64_t ended, warm, wanted, came;
    double warm_s, output_tokens, busy_requests;
    int64_t preemptions;
    counts ttft, tpot, e2e;
    bool out_of_memory;
} run;

static void push_due(replica *r, due d) {
    int i = r->due_count++;
    for (; i > 0 && r->heap[(i - 1) / 2].step > d.step; i = (i - 1) / 2) r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = d;
}

static due pop_due(replica *r) {
    due top = r->heap[0], last = r->heap[--r->due_count];
    int i = 0;
    for (int child; (child = 2 * i + 1) < r->due_count; i = child) {
        if (child + 1 < r->due_count && r->heap[child + 1].step < r->heap[child].step) child++;
        if (r->heap[child].step >= last.step) break;
        r->heap[i] = r->heap[child];
    }
    r->heap[i] = last;
    return top;
}

/* Out of the heap, wherever it stands. */
static void remove_due(replica *r, int which) {
    int at = 0;
    while (at < r->due_count && r->heap[at].slot != which) at++;
    if (at == r->due_count) return;
    due *heap = r->heap;
    due last = heap[--r->due_count];
    if (at == r->due_count) return;
    heap[at] = last;
    for (; at > 0 && heap[(at - 1) / 2].step > heap[at].step; at = (at - 1) / 2) {
        due held = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = held;
    }
    for (int child; (child = 2 * at + 1) < r->due_count; at = child) {
        if (child + 1 < r->due_count && heap[child + 1].step < heap[child].step) child++;
        if (heap[child].step >= heap[at].step) break;
        due held = heap[at];
        heap[at] = heap[child];
        heap[child] = held;
    }
}

static void admit(run *u, replica *r, int which) {
    slot *s = &u->slots[which];
    s->before = r->newest;
    s->after = -1;
    if (r->newest >= 0) u->slots[r->newest].after = which;
    r->newest = which;
    if (r->oldest < 0) r->oldest = which;
}

static void leave(run *u, replica *r, int which) {
    slot *s = &u->slots[which];
    if (s->before >= 0) u->slots[s->before].after = s->after;
    if (s->after >= 0) u->slots[s->after].before = s->before;
    if (r->newest == which) r->newest = s->before;
    if (r->oldest == which) r->oldest = s->after;
}

static bool grow_queues(run *u) {
    for (int i = 0; i < u->replicas; i++) {
        replica *r = &u->replica[i];
        int *queue = malloc((size_t)(2 * u->ring) * sizeof *queue);
        if (!queue) return false;
        for (int64_t k = 0; k < r->waiting; k++) queue[k] = r->queue[(r->head + k) & (u->ring - 1)];
        free(r->queue);
        r->queue = queue;
        r->head = 0;
    }
    u->ring *= 2;
    return true;
}

static void enqueue(run *u, replica *r, int which, bool first) {
    if (r->waiting == u->ring && !grow_queues(u)) {
        u->out_of_memory = true;
        return;
    }
    if (first) {
        r->head = (r->head - 1) & (u->ring - 1);
        r->known++;
        r->seen++;
    } else if (r->waiting == r->seen) {
        r->since = r->step;
    }
    r->queue[(first ? r->head : r->head + r->waiting) & (u->ring - 1)] = which;
    r->waiting++;
}

static int take_slot(run *u) {
    if (u->free_count > 0) return u->free_slots[--u->free_count];
    int larger = u->slot_count ? 2 * u->slot_count : 1024;
    slot *slots = realloc(u->slots, (size_t)larger * sizeof *slots);
    if (slots) u->slots = slots;
    int *free_slots = slots ? realloc(u->free_slots, (size_t)larger * sizeof *free_slots) : NULL;
    if (!free_slots) {
        u->out_of_memory = true;
        return 0;
    }
    u->free_slots = free_slots;
    for (int i = larger - 1; i > u->slot_count; i--) u->free_slots[u->free_count++] = i;
    int which = u->slot_count;
    u->slot_count = larger;
    return which;
}

/* A request joins a replica; where others prefill, with its prompt and its first token there. */
static void arrive(run *u, replica *r, tc_request request, double at_s, double first_s) {
    int which = take_slot(u);
    if (u->out_of_memory) return;
    double computed = request.input_tokens * u->service->uncached / (u->service->uncached + u->service->cached);
    u->slots[which] = (slot){.at_s = at_s,
                             .first_s = first_s,
                             .input = (float)request.input_tokens,
                             .output = (float)request.output_tokens,
                             .done = first_s > 0 ? 1 : 0,
                             .prompt = first_s > 0 ? 0 : (float)fmax(computed, 1),
                             .before = -1,
                             .after = -1};
    enqueue(u, r, which, false);
    u->came++;
}

/* ---- ends -------------------------------------------------------------------------------------------------- */

static void finish(run *u, replica *r, int which) {
    slot *s = &u->slots[which];
    r->tokens -= s->input + s->output;
    r->reserved -= s->input + s->output;
    r->running--;
    leave(u, r, which);
    u->ended++;
    if (u->ended == u->warm) u->warm_s = r->now;
    if (u->ended > u->warm) {
        count(&u->ttft, s->first_s - s->at_s + u->admission_s);
        count(&u->e2e, r->now - s->at_s + u->admission_s);
        if (s->output > 1) count(&u->tpot, (r->now - s->first_s) / (s->output - 1));
        u->output_tokens += s->output;
    }
    u->free_slots[u->free_count++] = which;
    if (!u->closed || u->came + r->dues >= u->wanted) return;
    r->due_s[(r->due_head + r->dues++) % u->clients] = r->now + u->admission_s;
}

/* Clients whose last request has ended send the next one, which comes when it is through what is before the engine. */
static void take_due(run *u, replica *r) {
    for (; r->dues > 0 && r->due_s[r->due_head] <= r->now && !u->out_of_memory; r->dues--) {
        arrive(u, r, tc_source_next(&u->source), r->due_s[r->due_head], 0);
        r->due_head = (r->due_head + 1) % u->clients;
    }
}

static void finish_due(run *u, replica *r) {
    while (r->due_count > 0 && r->heap[0].step <= r->step && !u->out_of_memory) finish(u, r, pop_due(r).slot);
}

/* The request that was admitted last gives up its place. */
static void preempt(run *u, replica *r) {
    int which = r->newest;
    slot *s = &u->slots[which];
    double left = (double)(s->ends - r->step) * u->accepted, yielded = fmax(s->output - left, s->done);
    remove_due(r, which);
    leave(u, r, which);
    r->running--;
    r->tokens -= s->input + yielded;
    r->reserved -= s->input + s->output;
    s->done = (float)yielded;
    s->prompt = s->input + s->done;
    u->preemptions++;
    enqueue(u, r, which, true);
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* What a request needs to begin: its output too, where the engine reserves that. */
static double needed(const run *u, const slot *s) { return s->input + (u->reserves ? s->output : s->done); }

/* The first of the queue has a place: requests that run and its tokens leave room for a step, so that it is not preempted at once. */
static bool has_place(const run *u, const replica *r, double joining, double joining_tokens) {
    const slot *s = &u->slots[r->queue[r->head & (u->ring - 1)]];
    double beside = u->reserves ? r->reserved : r->tokens + (r->running + joining + 1) * u->accepted;
    return r->running + joining < u->most
           && (r->running + joining == 0 || beside + joining_tokens + needed(u, s) <= u->room_tokens);
}

/* Begins to decode; its first token is there. */
static void begin_decode(run *u, replica *r, int which) {
    slot *s = &u->slots[which];
    if (s->first_s <= 0) s->first_s = r->now;
    if (s->done < 1) s->done = 1;
    r->running++;
    r->tokens += s->input + s->done;
    r->reserved += s->input + s->output;
    admit(u, r, which);
    double left = s->output - s->done;
    s->ends = r->step + (int64_t)ceil(left / u->accepted - 1e-9);
    if (left <= 0) {
        r->tokens += s->output - s->done;
        finish(u, r, which);
    } else {
        push_due(r, (due){s->ends, which});
    }
}

/* A step with prompts of the queue: as many tokens as it has room for. */
static void prompt_step(run *u, replica *r) {
    bool chunks = u->chunk > 0;
    double budget = chunks ? u->chunk - r->running * u->service->question->draft_tokens - r->running : u->prompt_tokens,
           taken = 0, pairs = 0, joining_tokens = 0;
    if (chunks && budget < u->chunk / 8) budget = u->chunk / 8;
    int joined = 0, ready[256];
    while (r->known > 0 && taken < budget && joined < 256 && has_place(u, r, joined, joining_tokens)) {
        int which = r->queue[r->head & (u->ring - 1)];
        slot *s = &u->slots[which];
        double part = fmin(s->prompt, budget - taken);
        pairs += part * ((s->input + s->done) / 2 - u->costs.mean_keys);
        taken += part;
        s->prompt -= (float)part;
        if (s->prompt > 0.5f) break;
        r->head = (r->head + 1) & (u->ring - 1);
        r->waiting--;
        r->known--;
        r->seen--;
        joining_tokens += needed(u, s);
        ready[joined++] = which;
    }
    double deciding = chunks ? r->running : 0;
    r->turn++;
    if (taken > 0) r->now += step_seconds(&u->costs, deciding, chunks ? r->tokens : 0, taken, pairs);
    if (chunks && r->running > 0 && taken > 0) {
        r->step++;
        r->tokens += r->running * u->accepted;
    }
    for (int i = 0; i < joined && !u->out_of_memory; i++) begin_decode(u, r, ready[i]);
    finish_due(u, r);
}

/* The engine looks for new requests every `poll_steps`, after a step of prompts at once; it leaves them until replicas that share
 * experts have prompts too. */
static void look(run *u, replica *r) {
    bool now = r->step - r->looked >= u->poll_steps && r->step - r->since >= u->hold_steps;
    if (r->turn >= r->seen_at + u->ahead) r->known = r->seen;
    if (r->running > 0 && !now) return;
    if (r->waiting > r->seen) r->seen_at = r->turn;
    r->seen = r->waiting;
    if (r->running == 0 || u->ahead == 0) r->known = r->seen;
    r->looked = r->step;
}

/* When what runs is next looked at from outside. */
static double next_look(const run *u, const replica *r, double until, double step_s) {
    int64_t unseen = r->waiting - r->seen, look = u->poll_steps - (r->step - r->looked),
            hold = unseen > 0 ? u->hold_steps - (r->step - r->since) : 0, steps = look > hold ? look : hold;
    if (r->dues > 0) until = fmin(until, r->due_s[r->due_head]);
    if (r->seen > r->known) until = fmin(until, r->now + step_s);
    return unseen > 0 ? fmin(until, r->now + step_s * (double)(steps > 1 ? steps : 1)) : until;
}

/* So many steps that take at least `seconds`, of which the first takes d and each the next one's more. */
static double steps_in(double seconds, double d, double more) {
    if (seconds <= 0) return 1;
    if (more <= 1e-18) return ceil(seconds / d);
    double b = d - more / 2, root = sqrt(b * b + 2 * more * seconds);
    return ceil((root - b) / more);
}

/* All steps up to an arrival, an end or a full cache at once. */
static void decode_steps(run *u, replica *r, double until) {
    double d = step_seconds(&u->costs, r->running, r->tokens, 0, 0), grows = r->running * u->accepted,
           more = fmax(u->costs.context_s, 0) * grows;
    double k = (double)(r->heap[0].step - r->step), seen = next_look(u, r, until, d),
           arrival = steps_in(seen - r->now, d, more),
           full = r->running > 1 ? floor((u->room_tokens - r->tokens) / grows) : k;
    if (full < 1 && r->running > 1) {
        preempt(u, r);
        return;
    }
    k = fmin(k, fmin(arrival, fmax(full, 1)));
    if (k < 1) k = 1;
    r->now += k * d + more * k * (k - 1) / 2;
    r->step += (int64_t)k;
    r->turn += (int64_t)k;
    r->tokens += k * grows;
    finish_due(u, r);
}

static void advance(run *u, replica *r, double until) {
    while (r->now < until && !u->out_of_memory) {
        take_due(u, r);
        look(u, r);
        if (r->known > 0 && has_place(u, r, 0, 0)) {
            prompt_step(u, r);
            r->looked = r->step - u->poll_steps;
        } else if (r->running > 0) {
            decode_steps(u, r, until);
        } else if (r->waiting > 0) {
            prompt_step(u, r); /* a prompt that no cache holds: alone */
        } else if (r->dues > 0) {
            r->now = r->due_s[r->due_head];
        } else {
            break;
        }
        if (u->closed && u->ended >= u->wanted) return;
    }
    if (r->now < until && until < HUGE_VAL) r->now = until;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

/* The replica that a request goes to, all of them brought to its arrival where the router looks at them. */
static replica *route(run *u, double at_s) {
    if (u->traffic->router == TC_ROUTER_ROUND_ROBIN || u->replicas == 1) {
        replica *r = &u->replica[u->turn];
        u->turn = (u->turn + 1) % u->replicas;
        return r;
    }
    replica *least = NULL;
    for (int i = 0; i < u->replicas; i++) {
        replica *r = &u->replica[i];
        advance(u, r, at_s);
        if (!least || r->running + r->waiting < least->running + least->waiting) least = r;
    }
    return least;
}

/* Through an instance that prefills alone: when its first token is there. */
static double prefill_elsewhere(run *u, const tc_request *request) {
    int first = 0;
    for (int i = 1; i < u->prefills; i++)
        if (u->prefill_free[i] < u->prefill_free[first]) first = i;
    double tokens = request->input_tokens * u->service->uncached / (u->service->uncached + u->service->cached),
           left = tokens, seconds = 0;
    while (left > 0) {
        double part = fmin(left, u->prompt_tokens);
        seconds += step_seconds(&u->costs, 0, 0, part, part * (request->input_tokens / 2 - u->costs.mean_keys));
        left -= part;
    }
    double begins = fmax(request->at_s, u->prefill_free[first]);
    u->prefill_free[first] = begins + seconds;
    return begins + seconds;
}

static void simulate_open(run *u) {
    while (u->came < u->wanted && !u->out_of_memory) {
        tc_request request = tc_source_next(&u->source);
        double first_s = u->prefills > 0 ? prefill_elsewhere(u, &request) : 0,
               joins = first_s > 0 ? first_s + u->service->transfer_s : request.at_s;
        replica *r = route(u, joins);
        advance(u, r, joins);
        arrive(u, r, request, request.at_s, first_s > 0 ? joins : 0);
    }
    for (int i = 0; i < u->replicas; i++) advance(u, &u->replica[i], HUGE_VAL);
}

/* One replica with its share of the clients; the others are alike. */
static void simulate_closed(run *u) {
    for (int64_t i = 0; i < u->clients && i < u->wanted && !u->out_of_memory; i++)
        arrive(u, &u->replica[0], tc_source_next(&u->source), 0, 0);
    advance(u, &u->replica[0], HUGE_VAL);
}

static bool make_replicas(run *u) {
    u->ring = 1024;
    u->replica = calloc((size_t)u->replicas, sizeof *u->replica);
    if (u->prefills > 0) u->prefill_free = calloc((size_t)u->prefills, sizeof *u->prefill_free);
    if (!u->replica || (u->prefills > 0 && !u->prefill_free)) return false;
    for (int i = 0; i < u->replicas; i++) {
        replica *r = &u->replica[i];
        r->oldest = r->newest = -1;
        r->heap = malloc(((size_t)u->most + 2) * sizeof *r->heap);
        r->queue = malloc((size_t)u->ring * sizeof *r->queue);
        r->due_s = malloc((size_t)u->clients * sizeof *r->due_s);
        if (!r->heap || !r->queue || !r->due_s) return false;
    }
    return true;
}

static void free_run(run *u) {
    for (int i = 0; u->replica && i < u->replicas; i++) {
        free(u->replica[i].heap);
        free(u->replica[i].queue);
        free(u->replica[i].due_s);
    }
    free(u->replica);
    free(u->slots);
    free(u->free_slots);
    free(u->prefill_free);
    free(u);
}

static void fill_answer(const run *u, tc_simulated *out) {
    double last = 0;
    for (int i = 0; i < u->replicas; i++) last = fmax(last, u->replica[i].now);
    double span = last - u->warm_s, copies = u->closed ? u->service->replicas : 1;
    *out = (tc_simulated){.requests = u->ended,
                          .preemptions = u->preemptions,
                          .seconds = last,
                          .requests_per_s = span > 0 ? copies * (double)(u->ended - u->warm) / span : NAN,
                          .output_tokens_per_s = span > 0 ? copies * u->output_tokens / span : NAN,
                          .ttft = quantiles_of(&u->ttft),
                          .tpot = quantiles_of(&u->tpot),
                          .e2e = quantiles_of(&u->e2e)};
}

static tc_code check(const tc_serving_question *q, const tc_traffic *t, tc_error *error) {
    tc_code code = tc_members_check(&tc_traffic_members, t, "traffic", error);
    if (code) return code;
    for (int64_t i = 0; i < t->trace_count; i++) {
        const tc_request *r = &t->trace[i];
        if (!(r->at_s >= 0 && r->at_s < 1e12 && r->input_tokens >= 1 && r->input_tokens <= 1e9 && r->output_tokens >= 1
              && r->output_tokens <= 1e9))
            return tc_fail(error, TC_INVALID, "traffic.trace", "request %lld has no time or no tokens from 1 to 1e9",
                           (long long)i);
    }
    if (t->trace_count <= 0 && !(q->rate > 0) && !(q->concurrency >= 1))
        return tc_fail(error, TC_INVALID, "--simulate", "needs --rate, --concurrency or a trace of arrivals");
    return TC_OK;
}

/* The steps are laid out for the trace's mean lengths. */
static void take_means(const tc_traffic *t, tc_serving_question *q) {
    double input = 0, output = 0;
    for (int64_t i = 0; i < t->trace_count; i++) {
        input += t->trace[i].input_tokens;
        output += t->trace[i].output_tokens;
    }
    q->input_tokens = input / (double)t->trace_count;
    q->output_tokens = output / (double)t->trace_count;
}

tc_code tc_simulate_requests(const tc_serving_question *question, const tc_traffic *traffic, tc_simulated *out,
                             tc_error *error) {
    tc_rank rank;
    tc_service service;
    tc_serving_question q = *question;
    tc_code code = check(question, traffic, error);
    tc_serving_answer answer;
    if (!code && traffic->trace_count > 0) q.concurrency = q.rate = TC_UNSET;
    if (!code) code = tc_infer(&q, &answer, error);
    if (code) return code;
    if (!answer.fits)
        return tc_fail(error, TC_INVALID, "--devices", "hold no request of this length beside the weights; give more");
    tc_serving_fill_lengths(&q);
    if (traffic->trace_count > 0) take_means(traffic, &q);
    tc_serving_degrees degrees = {answer.tp, answer.pp, answer.ep, answer.dp};
    code = tc_serving_prepare(&q, &degrees, &rank, &service, &answer, error);
    if (code) return code;
    run *u = calloc(1, sizeof *u);
    if (!u) return tc_fail(error, TC_INTERNAL, "simulate", "out of memory");
    u->service = &service;
    u->traffic = traffic;
    u->closed = traffic->trace_count <= 0 && !(q.rate > 0);
    u->replicas = u->closed ? 1 : (int)service.replicas;
    u->prefills = u->closed ? 0 : (int)service.prefills;
    u->most = fmax(floor(service.most), 1);
    u->room_tokens = service.room_tokens;
    u->chunk = service.chunk;
    u->prompt_tokens = q.engine.prompt_tokens;
    u->accepted = service.accepted;
    u->reserves = q.engine.reserves_output;
    u->ahead = q.engine.ahead_steps;
    u->admission_s = q.engine.params.admission_s;
    u->wanted = traffic->requests;
    u->warm = traffic->whole ? 0 : traffic->requests / 10;
    u->clients = u->closed ? (int64_t)fmax(q.concurrency / service.replicas + 0.5, 1) : 1;
    u->poll_steps = q.engine.poll_steps > 1 ? q.engine.poll_steps : 1;
    u->hold_steps = (int64_t)tc_held_steps(&service, (double)u->clients);
    fill_costs(&service, fmax(u->chunk, u->prompt_tokens), &u->costs);
    tc_source_begin(&u->source, &q, traffic, q.rate);
    if (!make_replicas(u)) {
        u->out_of_memory = true;
    } else if (u->closed) {
        simulate_closed(u);
    } else {
        simulate_open(u);
    }
    if (u->out_of_memory)
        code = tc_fail(error, TC_INTERNAL, "simulate", "out of memory");
    else
        fill_answer(u, out);
    free_run(u);
    return code;
}
