/* json.h - JSON strings, and the writer of answers. */
#ifndef TC_REPORT_JSON_H
#define TC_REPORT_JSON_H

#include "report/writer.h"

/* A JSON string, quotes included, for what is not written by a tc_writer. */
void tc_json_quote(const char *text, bool (*put)(void *context, const char *bytes, size_t length), void *context);

#endif
