/* pools_text.h - the pools of a cluster in words. */
#ifndef TC_REPORT_POOLS_TEXT_H
#define TC_REPORT_POOLS_TEXT_H

#include "traincast.h"

#define TC_POOLS_TEXT 480

/* "512 x Ascend 910B2 and 256 x H20"; of one pool "512 x Ascend 910B2". Returns buffer. */
const char *tc_pools_text(const tc_cluster *cluster, char *buffer, size_t size);
/* "ascend-910b2:512,h20:256"; of one pool its slug. Returns buffer. */
const char *tc_pools_slugs(const tc_cluster *cluster, char *buffer, size_t size);

#endif
