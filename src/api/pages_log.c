/*
 * api/pages_log.c - the engine is asked for the last lines and those to come.
 *
 *   begin -> read (lines are sent a few times a second) -> rest (it has ended, or must wait) ->
 * begin
 */
#include "api/pages_log.h"

#include <string.h>

#include "api/page_stream.h"
#include "api/pages.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cluster/find_container.h"
#include "docker/log_frames.h"
#include "page/html.h"
#include "page/log_text.h"

enum {
	TAIL_LINES = 200,
	SENT_MAX = 64 * 1024,       /* at once; what came before is left out */
	READ_MAX = 4 * 1024 * 1024, /* in a second; then it begins anew */
	FLUSH_MS = 250,
	REST_MS = 1000,
	HEAD_TIMEOUT_MS = 15 * 1000,
	SECOND_MS = 1000,
};

struct log_page {
	struct page_stream stream;
	char *id; /* full; owned */
	struct call call;
	struct log_frames frames;
	struct strbuf text;            /* not sent yet */
	int64_t started_ns;            /* of the container, when it was asked */
	int64_t flushed_ms, second_ms; /* monotonic */
	size_t read;                   /* since second_ms */
	bool failed;                   /* asked in vain */
};

STEP(log_begin);
STEP(log_read);
STEP(log_rest);

static void finish_page(struct errand *e)
{
	struct log_page *p = container_of(e, struct log_page, stream.errand);

	call_finish(&p->call);
	strbuf_finish(&p->text);
	free(p->id);
	page_stream_leave(&p->stream);
}

static enum task_turn rest(struct log_page *p, const char *note, bool failed)
{
	auto_strbuf struct strbuf html = STRBUF_INIT;

	call_finish(&p->call);
	strbuf_reset(&p->text);
	p->failed = failed;
	html_add(&html, note, SENT_MAX);
	page_stream_say(&p->stream, "note", html.buf);
	return task_wait_ms(&p->stream.errand.task, &log_rest_step, REST_MS);
}

/* --- asking --- */

static void ask(struct log_page *p, const struct container *c)
{
	const struct remote *r = &c->engine->remote;

	p->frames = (struct log_frames){ .is_raw = c->tty };
	p->started_ns = c->started_ns;
	p->second_ms = p->flushed_ms = clock_mono_ms();
	p->read = 0;
	remote_call_init(&p->call, r, (struct api_version){ 0 }, "GET",
		"/containers/%s/logs?stdout=1&stderr=1&tail=%d&follow=%d", c->id, TAIL_LINES,
		container_is_running(c));
	p->call.mode = CALL_STREAM;
	p->call.fresh_connection = true;
	p->call.head_timeout_ms = HEAD_TIMEOUT_MS;
	p->call.idle_timeout_ms = -1; /* it may be silent for weeks */
	p->call.stream_mark = SENT_MAX;
	remote_send(&p->call, r, &p->stream.errand.task);
}

static enum task_turn log_begin(struct task *t)
{
	struct log_page *p = container_of(t, struct log_page, stream.errand.task);
	struct request *rq = p->stream.errand.rq;
	struct container *c = cluster_find_container_by_id(rq->api->cluster, p->id);

	if (rq->x->gone)
		return errand_end(&p->stream.errand);
	if (!c)
		return rest(p, "The container was removed; this is the last that was seen.", true);
	if (!engine_is_healthy(c->engine))
		return rest(p, "Its node does not answer: the log is read when it does.", true);
	ask(p, c);
	return task_wait(t, &log_read_step); /* its head has a deadline */
}

/* --- reading --- */

/* Whole lines, the newest of them; `all`: and what is no line yet. */
static void send_lines(struct log_page *p, bool all)
{
	auto_strbuf struct strbuf html = STRBUF_INIT;
	const char *end = all ? p->text.buf + p->text.len : memrchr(p->text.buf, '\n', p->text.len),
		   *from, *line;

	p->flushed_ms = clock_mono_ms();
	if (!end && p->text.len < SENT_MAX)
		return;
	if (!end)
		end = p->text.buf + p->text.len;
	from = end - min_of((size_t)(end - p->text.buf), (size_t)SENT_MAX);
	for (; from < end; from = line + 1) {
		line = memchr(from, '\n', (size_t)(end - from));
		line = line ? line : end;
		log_text_add(&html, from, (size_t)(line - from));
		strbuf_add_char(&html, '\n');
	}
	if (html.len > 0) {
		html.buf[--html.len] = '\0';
		page_stream_say(&p->stream, "lines", html.buf);
	}
	size_t sent = min_of((size_t)(end - p->text.buf) + 1, p->text.len);

	memmove(p->text.buf, p->text.buf + sent, p->text.len - sent);
	p->text.len -= sent;
	p->text.buf[p->text.len] = '\0';
}

static enum task_turn ended(struct log_page *p)
{
	auto_error struct error err = ERROR_INIT;
	struct container *c =
		cluster_find_container_by_id(p->stream.errand.rq->api->cluster, p->id);

	if (c && !remote_check(&p->call, &c->engine->remote, &err))
		return rest(p, error_text(&err), true);
	send_lines(p, true);
	return rest(p,
		c && container_is_running(c) ? "The log has ended."
					     : "The container does not run: this is the end of "
					       "its log.",
		false);
}

/* False: it is not to be read on. */
static bool take(struct log_page *p)
{
	size_t before = p->text.len;
	int64_t now_ms = clock_mono_ms();

	if (now_ms - p->second_ms >= SECOND_MS) {
		p->second_ms = now_ms;
		p->read = 0;
	}
	if (!log_frames_take(&p->frames, p->call.in, &p->text))
		return false;
	p->read += p->text.len - before;
	return p->read <= READ_MAX;
}

/* More than will be sent is not kept. */
static void forget_oldest(struct log_page *p)
{
	size_t over = p->text.len > 2 * SENT_MAX ? p->text.len - SENT_MAX : 0;

	memmove(p->text.buf, p->text.buf + over, p->text.len - over);
	p->text.len -= over;
	if (over > 0)
		p->text.buf[p->text.len] = '\0';
}

static enum task_turn log_read(struct task *t)
{
	struct log_page *p = container_of(t, struct log_page, stream.errand.task);
	struct exchange *x = p->stream.errand.rq->x;
	int64_t left_ms;

	if (x->gone)
		return errand_end(&p->stream.errand);
	if (p->call.head_done && p->call.answer.status == 200) {
		if (!take(p)) {
			send_lines(p, true);
			return rest(
				p, "More is written than can be read: this is a part of it.", true);
		}
		forget_oldest(p);
		if (!p->call.done)
			call_resume(&p->call);
	}
	if (p->call.done || call_is_refused(&p->call))
		return ended(p);
	left_ms = p->flushed_ms + FLUSH_MS - clock_mono_ms();
	if (p->text.len == 0 || exchange_is_full(x))
		return task_wait(t, &log_read_step); /* for the container to write, or the client
							to read */
	if (left_ms > 0)
		return task_wait_ms(t, &log_read_step, left_ms);
	send_lines(p, false);
	return task_wait(t, &log_read_step);
}

/* --- until there may be more --- */

static bool may_begin(const struct log_page *p)
{
	const struct container *c =
		cluster_find_container_by_id(p->stream.errand.rq->api->cluster, p->id);

	if (!c || !engine_is_healthy(c->engine))
		return false;
	return p->failed || (container_is_running(c) && c->started_ns != p->started_ns);
}

static enum task_turn log_rest(struct task *t)
{
	struct log_page *p = container_of(t, struct log_page, stream.errand.task);

	if (p->stream.errand.rq->x->gone)
		return errand_end(&p->stream.errand);
	if (!may_begin(p))
		return task_wait_ms(t, &log_rest_step, REST_MS);
	page_stream_say(&p->stream, "note", "");
	page_stream_say(&p->stream, "begin", "");
	return task_go(t, &log_begin_step);
}

void pages_log_stream(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	const char *id = query_get(&rq->query, "id");
	struct container *c = cluster_find_container(rq->api->cluster, id ? id : "", &err);
	struct log_page *p;

	if (!c) {
		reply_error(rq, &err);
		return;
	}
	p = page_stream_create(rq, sizeof(*p), &log_begin_step, finish_page);
	if (!p)
		return;
	p->id = xstrdup(c->id);
	p->text = STRBUF_INIT;
	page_stream_say(&p->stream, "begin", "");
	errand_start(&p->stream.errand);
}
