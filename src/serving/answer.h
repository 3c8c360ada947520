/* answer.h - one layout under a load as an answer. */
#ifndef TC_SERVING_ANSWER_H
#define TC_SERVING_ANSWER_H

#include "serving/batching.h"

/* The question with these degrees; `assumed` stays empty. */
TC_NODISCARD tc_code tc_serving_answer_of(const tc_serving_question *question, const tc_serving_degrees *degrees,
                                          tc_serving_answer *out, tc_error *error);

/* What came in is checked; lengths that were not given are a chat service's; what was assumed of `question`, filled to `q`, is said. */
TC_NODISCARD tc_code tc_serving_check(const tc_serving_question *question, tc_error *error);
void tc_serving_fill_lengths(tc_serving_question *question);
void tc_serving_say_assumed(const tc_serving_question *question, const tc_serving_question *q, tc_serving_answer *out);

/* A replica of the question with these degrees, and its room; rank and service point to each other and to the question. */
TC_NODISCARD tc_code tc_serving_prepare(const tc_serving_question *question, const tc_serving_degrees *degrees,
                                        tc_rank *rank, tc_service *service, tc_serving_answer *out, tc_error *error);

/* Power, energy and money of an answer whose rates stand. mfu: of the whole, over all devices. */
void tc_serving_money(const tc_serving_question *question, tc_serving_answer *out);

#endif
