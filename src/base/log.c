/* base/log.c - lines are formatted at once and written without waiting. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define MAX_FIELDS 16

struct field {
	const char *name, *value;
};

static const struct level {
	const char *name;
	const char *short_name; /* on a terminal */
	int colour;
} levels[] = {
	[LOG_DEBUG] = { "debug", "DEBU", 37 },
	[LOG_INFO] = { "info", "INFO", 36 },
	[LOG_WARN] = { "warning", "WARN", 33 },
	[LOG_ERROR] = { "error", "ERRO", 31 },
	[LOG_FATAL] = { "fatal", "FATA", 31 },
	[LOG_PANIC] = { "panic", "PANI", 31 },
};

static enum log_level lowest = LOG_INFO;
static FILE *sink;
static bool sink_is_terminal;
static bool writes_json;
static int64_t started_ms;
static size_t left_out;            /* lines, for want of room in the sink */
static int64_t impatient_until_ms; /* before that the sink is not waited for */
static bool line_is_open;          /* the last line was not written to its end */

/* Seconds on a terminal count from here, not from the first line. */
__attribute__((constructor)) static void remember_start(void)
{
	started_ms = clock_mono_ms();
}

bool log_level_parse(const char *s, enum log_level *ret_level, struct error *err)
{
	if (strcasecmp(s, "warn") == 0)
		s = "warning";
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcasecmp(s, levels[i].name) == 0) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	/* the text that scripts know from classic Swarm */
	return error_set(err, ERROR_INVALID, "not a valid logrus Level: \"%s\"", s);
}

void log_set_level(enum log_level level)
{
	lowest = level;
}

bool log_enabled(enum log_level level)
{
	return level >= lowest;
}

bool log_format_parse(const char *s, bool *ret_json, struct error *err)
{
	bool json = strcasecmp(s, "json") == 0;

	if (!json && strcasecmp(s, "text") != 0)
		return error_set(
			err, ERROR_INVALID, "invalid log format \"%s\": not one of text, json", s);
	*ret_json = json;
	return true;
}

void log_set_json(bool json)
{
	writes_json = json;
}

void log_set_sink(FILE *to)
{
	sink = to;
	sink_is_terminal = isatty(fileno(to));
}

static bool is_bare(const char *s)
{
	return s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			   "-._/@^+")] == '\0';
}

static void add_value(struct strbuf *sb, const char *value)
{
	if (is_bare(value))
		strbuf_add_str(sb, value);
	else
		strbuf_add_quoted(sb, value);
}

/* RFC 3339 in local time: operators compare it with their wall clock. */
static void add_local_time(struct strbuf *sb)
{
	time_t now = clock_wall_ns() / NS_PER_S;
	struct tm tm;
	char text[sizeof("2006-01-02T15:04:05")];

	localtime_r(&now, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_add_str(sb, text);
	if (tm.tm_gmtoff == 0) {
		strbuf_add_char(sb, 'Z');
		return;
	}
	long minutes = labs(tm.tm_gmtoff) / 60;
	strbuf_addf(sb, "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void format_plain(struct strbuf *sb, const struct level *level, const char *msg,
	const struct field *fields, size_t count)
{
	strbuf_add_str(sb, "time=\"");
	add_local_time(sb);
	strbuf_addf(sb, "\" level=%s", level->name);
	if (*msg) {
		strbuf_add_str(sb, " msg=");
		add_value(sb, msg);
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(sb, " %s=", fields[i].name);
		add_value(sb, fields[i].value);
	}
	strbuf_add_char(sb, '\n');
}

static void add_json_field(struct strbuf *sb, const char *name, const char *value)
{
	strbuf_add_json_str(sb, name, strlen(name));
	strbuf_add_char(sb, ':');
	strbuf_add_json_str(sb, value, strlen(value));
}

static void format_json(struct strbuf *sb, const struct level *level, const char *msg,
	const struct field *fields, size_t count)
{
	strbuf_add_str(sb, "{\"time\":\"");
	add_local_time(sb);
	strbuf_add_str(sb, "\",");
	add_json_field(sb, "level", level->name);
	strbuf_add_char(sb, ',');
	add_json_field(sb, "msg", msg);
	for (size_t i = 0; i < count; i++) {
		strbuf_add_char(sb, ',');
		add_json_field(sb, fields[i].name, fields[i].value);
	}
	strbuf_add_str(sb, "}\n");
}

static void format_terminal(struct strbuf *sb, const struct level *level, const char *msg,
	const struct field *fields, size_t count)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	/* texts from peers must not steer the terminal */
	strbuf_add_escaped(&text, msg);
	strbuf_addf(sb, "\x1b[%dm%s\x1b[0m[%04" PRId64 "] %-44s ", level->colour, level->short_name,
		(clock_mono_ms() - started_ms) / 1000, text.buf);
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(sb, " \x1b[%dm%s\x1b[0m=", level->colour, fields[i].name);
		add_value(sb, fields[i].value);
	}
	strbuf_add_char(sb, '\n');
}

/*
 * Who reads the log may be slow, or stand still, and must not hold up everything else: after a
 * short wait lines are left out, until there is room again.
 */
static bool sink_has_room(void)
{
	enum { PATIENCE_MS = 100, NO_PATIENCE_MS = 1000 };
	struct pollfd p = { .fd = fileno(sink), .events = POLLOUT };
	int64_t now = clock_mono_ms();
	int found;

	if (p.fd < 0)
		return true; /* memory */
	do
		found = poll(&p, 1, now < impatient_until_ms ? 0 : PATIENCE_MS);
	while (found < 0 && errno == EINTR);
	if (found == 0)
		impatient_until_ms = now + PATIENCE_MS + NO_PATIENCE_MS;
	return found != 0;
}

/* A pipe with room takes PIPE_BUF bytes without blocking. */
static bool write_text(const char *s, size_t len)
{
	while (len > 0) {
		size_t piece = min_of(len, (size_t)PIPE_BUF);

		if (!sink_has_room())
			return false;
		line_is_open = s[piece - 1] != '\n';
		(void)fwrite(s, 1, piece, sink); /* a log that fails has nowhere to say so */
		fflush(sink);
		s += piece;
		len -= piece;
	}
	return true;
}

static void format_line(struct strbuf *sb, enum log_level level, const char *msg,
	const struct field *fields, size_t count)
{
	if (writes_json)
		format_json(sb, &levels[level], msg, fields, count);
	else if (sink_is_terminal)
		format_terminal(sb, &levels[level], msg, fields, count);
	else
		format_plain(sb, &levels[level], msg, fields, count);
}

static void write_left_out(void)
{
	auto_strbuf struct strbuf line = STRBUF_INIT;
	auto_free char *number = xasprintf("%zu", left_out);
	struct field field = { "lines", number };

	if (line_is_open)
		strbuf_add_char(&line, '\n');
	format_line(&line, LOG_WARN, "Left out of this log, which nobody was reading", &field, 1);
	if (write_text(line.buf, line.len))
		left_out = 0;
}

static void write_line(
	enum log_level level, const char *msg, const struct field *fields, size_t count)
{
	auto_strbuf struct strbuf line = STRBUF_INIT;

	if (!sink)
		log_set_sink(stdout);
	if (left_out > 0 && sink_has_room())
		write_left_out();
	format_line(&line, level, msg, fields, count);
	if (!write_text(line.buf, line.len))
		left_out++;
}

static void log_text(enum log_level level, const char *fmt, va_list ap) printf_like(2, 0);

static void log_text(enum log_level level, const char *fmt, va_list ap)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (!log_enabled(level))
		return;
	strbuf_vaddf(&text, fmt, ap);
	write_line(level, text.buf, NULL, 0);
}

#define DEFINE_LOG(name, level)                                                                    \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		log_text(level, fmt, ap);                                                          \
		va_end(ap);                                                                        \
	}

DEFINE_LOG(log_debug, LOG_DEBUG)
DEFINE_LOG(log_info, LOG_INFO)
DEFINE_LOG(log_warn, LOG_WARN)
DEFINE_LOG(log_error, LOG_ERROR)

static int compare_fields(const void *a, const void *b)
{
	return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

/* The three names of our own stay ours. */
static const char *field_name(const char *name)
{
	if (strcmp(name, "time") == 0)
		return "fields.time";
	if (strcmp(name, "level") == 0)
		return "fields.level";
	if (strcmp(name, "msg") == 0)
		return "fields.msg";
	return name;
}

void log_fields(enum log_level level, const char *msg, ...)
{
	struct field fields[MAX_FIELDS];
	size_t count = 0;
	const char *name;
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, msg);
	while ((name = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);

		assert(count < MAX_FIELDS);
		fields[count++] = (struct field){ field_name(name), value ? value : "" };
	}
	va_end(ap);
	qsort(fields, count, sizeof(*fields), compare_fields);
	write_line(level, msg, fields, count);
}

bool log_limit_allows(struct log_limit *l, uint32_t *ret_left_out)
{
	enum { PERIOD_MS = 60 * 1000 };
	int64_t now = clock_mono_ms();

	*ret_left_out = 0;
	if (l->since_ms == 0 || now - l->since_ms >= PERIOD_MS) {
		*ret_left_out = l->count - min_of(l->count, (uint32_t)LOG_LIMIT_LINES);
		*l = (struct log_limit){ .since_ms = now };
	}
	return l->count++ < LOG_LIMIT_LINES;
}
