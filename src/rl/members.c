/* members.c - what the members of a question of reinforcement learning may be. */
#include "rl/members.h"

#include "layout/question_members.h"
#include "serving/members.h"
#include "traincast_rl.h"

static const tc_member program[] = {
    TC_TEXT(tc_rl_program, slug),
    TC_TEXT(tc_rl_program, name),
    TC_TEXT(tc_rl_program, stack),
    TC_TEXT(tc_rl_program, engine),
    TC_FIGURE_IN(tc_rl_program, engine_memory_share, 1e-3, 1),
    TC_FIGURE_IN(tc_rl_program, overhead, 0, 10),
    TC_FIGURE_IN(tc_rl_program, wake_s, 0, 1e6),
    TC_FIGURE_IN(tc_rl_program, sync_s, 0, 1e6),
    TC_FIGURE_IN(tc_rl_program, transfer_fraction, 1e-6, 1),
    TC_FIGURE_IN(tc_rl_program, generation_fraction, 1e-3, 1),
    TC_FIGURE_IN(tc_rl_program, training_fraction, 1e-3, 1),
    TC_FIGURE_IN(tc_rl_program, response_cv, 0, 10),
};
static const tc_members program_members = TC_MEMBERS(tc_rl_program, program, NULL, NULL);

static const tc_member question[] = {
    TC_SIZE(tc_rl_question),
    TC_STRUCT(tc_rl_question, training, tc_question_members),
    TC_STRUCT(tc_rl_question, generation, tc_serving_question_members),
    TC_SWITCH(tc_rl_question, other_devices),
    TC_STRUCT(tc_rl_question, program, program_members),
    TC_WORD(tc_rl_question, algorithm, TC_RL_ALGORITHM_COUNT - 1, "algorithm"),
    TC_WORD(tc_rl_question, placement, TC_RL_PLACEMENT_COUNT - 1, "placement"),
    TC_INTEGER(tc_rl_question, prompts, 1, TC_MOST_DEGREE),
    TC_INTEGER(tc_rl_question, responses, 1, TC_MOST_DEGREE),
    TC_FIGURE_IN(tc_rl_question, input_tokens, 1, 1e8),
    TC_FIGURE_IN(tc_rl_question, output_tokens, 1, 1e8),
    TC_FIGURE_OR_UNSET(tc_rl_question, most_output_tokens),
    {TC_MEMBER_AT(tc_rl_question, output_cv), .kind = TC_MEMBER_FIGURE, .upper = 10, .unset = true},
    TC_INTEGER(tc_rl_question, updates, 1, 1000000),
    TC_INTEGER(tc_rl_question, epochs, 1, 1000),
    TC_INTEGER_OR_UNSET(tc_rl_question, reference, 0, 1),
    TC_POINTER(tc_rl_question, critic),
    TC_POINTER(tc_rl_question, reward),
    TC_INTEGER(tc_rl_question, ahead, 1, 1000),
    TC_INTEGER_OR_UNSET(tc_rl_question, generation_devices, 1, TC_MOST_DEGREE),
    TC_FIGURE_OR_UNSET(tc_rl_question, generation_tokens_per_s),
    TC_SWITCH(tc_rl_question, search_layout),
    TC_FIGURE_OR_UNSET(tc_rl_question, price_usd),
    TC_FIGURE_OR_UNSET(tc_rl_question, rental_usd_per_h),
    TC_POINTER(tc_rl_question, economics),
};
const tc_members tc_rl_question_members = TC_MEMBERS(tc_rl_question, question, "tc_default_rl_question()", NULL);
