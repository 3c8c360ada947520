/* ranking.h - the order of what was found. */
#ifndef TC_SEARCH_RANKING_H
#define TC_SEARCH_RANKING_H

#include "traincast.h"

/* What the timeline makes of the candidates: the order anew, as many as were asked for, and for a front what is still on it. */
void tc_rank(const tc_search_input *input, tc_search *search);

#endif
