/* read_tree.h - configuration files as settings: the path of every scalar, with points between the keys. */
#ifndef TC_INTEROP_READ_TREE_H
#define TC_INTEROP_READ_TREE_H

#include "interop/settings.h"

TC_NODISCARD tc_code tc_read_json(const char *text, size_t length, tc_settings *out, tc_error *error);
/* Values of ${name} and ${multiply:a,b} (divide, add, subtract; OmegaConf's way) are worked out. */
TC_NODISCARD tc_code tc_read_yaml(const char *text, size_t length, tc_settings *out, tc_error *error);
/* function: the one whose calls and assignments count; NULL: there is only one. */
TC_NODISCARD tc_code tc_read_python(const char *text, size_t length, const char *function, tc_settings *out,
                                    tc_error *error);
TC_NODISCARD tc_code tc_read_toml(const char *text, size_t length, tc_settings *out, tc_error *error);

#endif
