/* layout_json.h - a layout out of JSON, as tc_write_layout writes it. */
#ifndef TC_INTEROP_LAYOUT_JSON_H
#define TC_INTEROP_LAYOUT_JSON_H

#include "base/json.h"

/* Takes the members that the object has; the others stay. list: room for a list of stages, allocated anew, of the caller.
 * path: of a schedule's file, which the caller reads into `order`; NULL where there is none; lives as long as the document.
 * What is wrong is recorded in the document. */
void tc_layout_read_json(const tc_json *json, tc_layout *layout, int **list, const char **path);

#endif
