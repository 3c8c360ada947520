/* terminal.c - how output may look.
 *
 * Colour: --color always or never decides; else NO_COLOR (not empty) turns it off, CLICOLOR_FORCE or
 * FORCE_COLOR (not "0") on, TERM=dumb off; else it follows from standard output being a terminal
 * (no-color.org; the order of the two is cmake's). Width: COLUMNS, else the terminal's, else none. */
#include "cli/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool forced(const char *name) {
    const char *value = environment(name);
    return value && strcmp(value, "0") != 0;
}

static bool use_colour(const char *color, bool terminal) {
    const char *term = environment("TERM");
    if (color && strcmp(color, "always") == 0) return true;
    if (color && strcmp(color, "never") == 0) return false;
    if (environment("NO_COLOR")) return false;
    if (forced("CLICOLOR_FORCE") || forced("FORCE_COLOR")) return true;
    return terminal && term && strcmp(term, "dumb") != 0;
}

static int terminal_width(bool terminal) {
    const char *columns = environment("COLUMNS");
    if (columns) {
        char *end;
        long width = strtol(columns, &end, 10);
        if (!*end && width > 0 && width <= 10000) return width < 20 ? 20 : (int)width;
    }
#ifdef TIOCGWINSZ
    struct winsize size;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col < 20 ? 20 : size.ws_col;
#endif
    return terminal ? 80 : 0;
}

static bool utf8_locale(void) {
    const char *name = environment("LC_ALL");
    if (!name) name = environment("LC_CTYPE");
    if (!name) name = environment("LANG");
    return name && (strstr(name, "UTF-8") || strstr(name, "utf8") || strstr(name, "utf-8"));
}

tc_style tc_terminal_style(const char *color) {
    bool terminal = isatty(STDOUT_FILENO) != 0;
    return (tc_style){.width = terminal_width(terminal),
                      .colour = use_colour(color, terminal),
                      .utf8 = terminal && utf8_locale()};
}

bool tc_terminal_watches_errors(void) { return isatty(STDERR_FILENO) != 0; }

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

bool tc_terminal_interrupted(void) {
    static bool caught;
    if (!caught) {
        struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        caught = sigaction(SIGINT, &action, NULL) == 0;
    }
    return interrupted != 0;
}
