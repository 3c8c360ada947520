/* ranking.h - the order of what was found. */
#ifndef TC_SEARCH_RANKING_H
#define TC_SEARCH_RANKING_H

#include "traincast.h"

/* What the timeline makes of the candidates: the order anew, their families, then as many as were asked for; of a front what
 * is still on it. */
TC_NODISCARD tc_code tc_rank(const tc_search_input *input, tc_search *search, tc_error *error);

#endif
