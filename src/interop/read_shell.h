/* read_shell.h - the options of the commands of a shell script. */
#ifndef TC_INTEROP_READ_SHELL_H
#define TC_INTEROP_READ_SHELL_H

#include "interop/settings.h"

/* Every option of every command, each command a group; "#SBATCH --nodes=4" as "sbatch:--nodes". Branches whose condition
 * is not known and loops are left out, and noted. */
TC_NODISCARD tc_code tc_read_shell(const char *text, size_t length, tc_settings *out, tc_error *error);

#endif
