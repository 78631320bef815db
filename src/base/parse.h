/*
 * base/parse.h - text to values and values to text that people read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

/* Decimal, whole string, no blanks; false on overflow. */
bool parse_u64(const char *s, uint64_t *ret);
bool parse_i64(const char *s, int64_t *ret);
/* Go's strconv.ParseInt with base 0: sign, 0x.., 0.. octal, decimal. */
bool parse_i64_any_base(const char *s, int64_t *ret);
bool parse_double(const char *s, double *ret);
/* Flags on the command line: 1 t T TRUE true True 0 f F FALSE false False. */
bool parse_flag_bool(const char *s, bool *ret);
/* Boolean query parameters of the Docker API: "", 0, no, false, none are
 * false, NULL too. */
bool parse_query_bool(const char *s);
/* Go duration ("1m30s", "1.5h", "0"); nanoseconds.  Error texts are Go's. */
bool parse_duration(const char *s, int64_t *ret_ns, struct error *err);
/* Canonical form: "1m0s", "1.5s", "868.68235ms". */
void format_duration(struct strbuf *sb, int64_t ns);
/* Relative times as today's engines write them: "Less than a second", "About a minute", "3 weeks".
 */
void format_human_duration(struct strbuf *sb, int64_t seconds);
/* "24.72 GiB": binary units, 4 significant digits. */
void format_human_size(struct strbuf *sb, int64_t bytes);
/* "host:port" split at the last colon, IPv6 in brackets; both owned by the caller.
 * Error texts as the field knows them: "address X: missing port in address", "too many colons in
 * address". */
bool parse_host_port(const char *s, char **ret_host, char **ret_port, struct error *err);
/* host and port back to one string; hosts with a colon get brackets. */
char *format_host_port(const char *host, const char *port) must_check;
/* Natural order of node names: digit runs by value.  <0, 0, >0. */
int compare_natural(const char *a, const char *b);
bool str_starts_with(const char *s, const char *prefix);
bool str_ends_with(const char *s, const char *suffix);
