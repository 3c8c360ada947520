/* format.h - the keys of a scenario's file. */
#ifndef TC_FLEET_FORMAT_H
#define TC_FLEET_FORMAT_H

#include "catalog/schema.h"

extern const tc_schema tc_scenario_schema;

#endif
