/* rl_report.h - a step of reinforcement learning: its phases, its devices, its layout. */
#ifndef TC_REPORT_RL_REPORT_H
#define TC_REPORT_RL_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast_rl.h"

void tc_report_rl(tc_target *target, const tc_rl_question *question, const tc_rl_answer *answer);
/* False: out of memory. */
bool tc_report_rl_text(FILE *file, const tc_style *style, const tc_rl_question *question, const tc_rl_answer *answer);

#endif
