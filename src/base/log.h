/*
 * base/log.h - lines for the person on call at night.
 *
 * Format and field rules are those that tools parse:
 * `time="..." level=info msg="text" key=value ...`, fields sorted by name; on a terminal
 * a short coloured form; or, when asked for, an object in JSON a line, with the same names.  One
 * sink for the process, stdout by default.  When nobody reads what is written there, lines are left
 * out and counted, and the process goes on. Lower floors return errors and stay silent; the task or
 * handler on top logs once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/util.h"

enum log_level {
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARN,
	LOG_ERROR,
	LOG_FATAL,
	LOG_PANIC,
};

/* "debug", "info", "warn" or "warning", "error", "fatal", "panic"; any case. */
bool log_level_parse(const char *s, enum log_level *ret_level, struct error *err);
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* "text", "json". */
bool log_format_parse(const char *s, bool *ret_json, struct error *err);
void log_set_json(bool json);
/* Where lines go (borrowed).  Colour and short form are used when it is a terminal. */
void log_set_sink(FILE *sink);

void log_debug(const char *fmt, ...) printf_like(1, 2);
void log_info(const char *fmt, ...) printf_like(1, 2);
void log_warn(const char *fmt, ...) printf_like(1, 2);
void log_error(const char *fmt, ...) printf_like(1, 2);

/*
 * With fields: log_fields(LOG_INFO, "Listening for HTTP", "addr", addr, "proto", "tcp", NULL);
 * names and values are strings, ended by a NULL name; a NULL value prints nothing after '='.
 */
void log_fields(enum log_level level, const char *msg, ...) __attribute__((sentinel));

/*
 * For a line that a peer can cause as often as it likes: some a minute, then silence until the
 * minute is over.  False: leave the line out.  *ret_left_out is how many were left out in the
 * minute that has just ended, most often 0, and worth a line of its own.
 */
struct log_limit {
	int64_t since_ms; /* monotonic; 0: nothing was logged yet */
	uint32_t count;
};
enum { LOG_LIMIT_LINES = 20 };
bool log_limit_allows(struct log_limit *l, uint32_t *ret_left_out);
