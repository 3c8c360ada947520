/* profiles.h - data/serving_profiles.yaml: how a service's load goes over the day. */
#ifndef TC_FLEET_PROFILES_H
#define TC_FLEET_PROFILES_H

#include "catalog/catalog.h"
#include "traincast.h"

/* The profile of the word; TC_NOT_FOUND where there is none. */
TC_NODISCARD tc_code tc_serving_profile_load(tc_catalog *catalog, const char *word, tc_serving_profile *out,
                                             tc_error *error);

#endif
