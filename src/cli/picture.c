/* picture.c - a picture into the file that an option names. */
#include "cli/picture.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"

tc_code tc_picture_write(tc_context *context, tc_option_id id, void (*draw)(FILE *file, const void *drawn),
                         const void *drawn, bool *instead) {
    const tc_value *value = tc_given(context, id);
    *instead = value->given && strcmp(value->text, "-") == 0;
    if (!value->given) return TC_OK;
    if (*instead) {
        draw(context->out, drawn);
        return TC_OK;
    }
    FILE *file = fopen(value->text, "wb");
    if (file) draw(file, drawn);
    bool failed = !file || ferror(file);
    if ((file && fclose(file)) || failed)
        return tc_fail(context->error, file ? TC_INTERNAL : TC_INVALID, value->text,
                       "cannot be written: %s; a file in an existing folder is needed", strerror(errno ? errno : EIO));
    return TC_OK;
}
