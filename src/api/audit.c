/* api/audit.c - one line, one write. */
#include "api/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct audit {
	char *path; /* owned */
	int fd;
	struct log_limit failures;
};

static int open_file(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		error_set(err, ERROR_INVALID, "cannot open the audit file %s: %s", path,
			strerror(errno));
	return fd;
}

struct audit *audit_create(const char *path, struct error *err)
{
	int fd = open_file(path, err);
	struct audit *a;

	if (fd < 0)
		return NULL;
	a = xnew(struct audit);
	a->path = xstrdup(path);
	a->fd = fd;
	return a;
}

void audit_destroy(struct audit *a)
{
	if (!a)
		return;
	close(a->fd);
	free(a->path);
	free(a);
}

bool audit_reopen(struct audit *a, struct error *err)
{
	int fd = open_file(a->path, err);

	if (fd < 0)
		return false;
	close(a->fd);
	a->fd = fd;
	return true;
}

static bool only_reads(const char *method)
{
	static const char *const methods[] = { "GET", "HEAD", "OPTIONS" };

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(method, methods[i]) == 0)
			return true;
	}
	return false;
}

/* A client may make all of them as long as it likes. */
static void add_text(struct strbuf *sb, const char *name, const char *value)
{
	enum { SHOWN = 1000 };

	strbuf_addf(sb, ",\"%s\":", name);
	strbuf_add_json_str(sb, value, strnlen(value, SHOWN));
}

static void format_line(struct strbuf *sb, const struct request *rq)
{
	strbuf_add_str(sb, "{\"time\":\"");
	time_format_utc_nano(sb, clock_wall_ns());
	strbuf_add_char(sb, '"');
	add_text(sb, "client", request_client(rq));
	add_text(sb, "peer", exchange_peer(rq->x));
	add_text(sb, "method", rq->x->head.method);
	add_text(sb, "path", rq->path); /* queries may hold secrets, as of builds */
	if (query_get(&rq->query, "name"))
		add_text(sb, "name", query_get(&rq->query, "name"));
	strbuf_addf(sb, ",\"status\":%d,\"duration_ms\":%lld", rq->x->status,
		(long long)(clock_mono_us() - rq->began_us) / 1000);
	if (*request_trace(rq))
		add_text(sb, "traceparent", request_trace(rq));
	strbuf_add_str(sb, "}\n");
}

void audit_note(struct audit *a, const struct request *rq)
{
	auto_strbuf struct strbuf line = STRBUF_INIT;
	uint32_t left_out;

	if (!a || !rq->x || only_reads(rq->x->head.method))
		return;
	format_line(&line, rq);
	if (write(a->fd, line.buf, line.len) != (ssize_t)line.len &&
		log_limit_allows(&a->failures, &left_out))
		log_error("The audit file %s cannot be written: %s", a->path, strerror(errno));
}
