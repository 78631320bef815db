/* manager/fleet.c - the legs, their queues, and the verdict. */
#include "manager/fleet.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	QUEUE_MAX = 1024 * 1024,  /* bytes of body that wait for one leg */
	OUT_MAX = 1024 * 1024,    /* bytes of lines that wait for the client */
	STALL_MS = 60 * 1000,     /* a leg that takes no body for so long is dropped */
	UNHEALTHY_MS = 10 * 1000, /* the same, and for silence, when its engine is unhealthy */
};

void fleet_init(struct fleet *s, struct task *waiter)
{
	*s = (struct fleet){ .out = evbuffer_new(), .what = "Load", .waiter = waiter };
}

static void leg_finish(struct leg *leg)
{
	refresh_finish(&leg->refresh);
	call_finish(&leg->call);
	progress_reader_finish(&leg->reader);
	evbuffer_free(leg->queue);
	error_clear(&leg->err);
	free(leg->last);
	engine_unref(leg->engine);
}

void fleet_finish(struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++)
		leg_finish(&s->legs[i]);
	free(s->legs);
	if (s->out)
		evbuffer_free(s->out);
	*s = (struct fleet){ 0 };
}

struct leg *fleet_add(struct fleet *s, struct engine *e)
{
	struct leg *leg;

	s->legs = xreallocarray(s->legs, s->count + 1, sizeof(*s->legs));
	leg = &s->legs[s->count++];
	*leg = (struct leg){
		.engine = engine_ref(e),
		.reader = PROGRESS_READER_INIT,
		.queue = evbuffer_new(),
	};
	return leg;
}

/* --- lines --- */

static void tell(struct fleet *s, const struct strbuf *text)
{
	evbuffer_add(s->out, text->buf, text->len);
}

static void say(struct fleet *s, const struct leg *leg, const char *what)
{
	auto_strbuf struct strbuf line = STRBUF_INIT;

	progress_say(&line, s->title, what, leg->engine->name);
	tell(s, &line);
}

/* What went wrong while the engine was at work begins with what that was. */
static char *failure_text(const struct fleet *s, const struct leg *leg)
{
	return leg->line_failed ? xasprintf("%s: %s", s->failure, error_text(&leg->err))
				: xstrdup(error_text(&leg->err));
}

static void leg_fail(struct fleet *s, struct leg *leg)
{
	auto_free char *reason = progress_skip_reason(&leg->err, s->what);
	auto_free char *failure = failure_text(s, leg);

	leg->state = reason ? LEG_SKIPPED : LEG_FAILED;
	say(s, leg, reason ? reason : failure);
	if (!reason)
		log_warn("engine %s: %s: %s", leg->engine->name, s->failure, error_text(&leg->err));
	evbuffer_drain(leg->queue, evbuffer_get_length(leg->queue));
	call_finish(&leg->call); /* an error line may come long before the end of the answer */
}

/* False when the line was about a failure. */
static bool leg_take_line(struct fleet *s, struct leg *leg, const char *line, size_t len)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_free char *before = NULL;

	if (!progress_translate(&text, line, len, s->title, leg->engine->name, &leg->err)) {
		leg->line_failed = true;
		return false;
	}
	if (progress_begins(line, len, "Status: Image is up to date for "))
		leg->up_to_date = true;
	if (s->hold_last && text.len > 0) {
		before = steal(leg->last);
		leg->last = xstrndup(line, len);
		strbuf_reset(&text);
		if (before && !progress_translate(&text, before, strlen(before), s->title,
				      leg->engine->name, &leg->err))
			return false;
	}
	if (!s->quiet)
		tell(s, &text);
	return true;
}

/* All lines that are there, while the client can take them; false when the leg has failed. */
static bool leg_read(struct fleet *s, struct leg *leg)
{
	const char *line;
	size_t len;

	if (leg->call.answer.status >= 400 || evbuffer_get_length(s->out) >= OUT_MAX ||
		evbuffer_get_length(leg->call.in) == 0)
		return true; /* an error's body is for remote_check */
	leg->moved_ms = clock_mono_ms();
	while (evbuffer_get_length(s->out) < OUT_MAX &&
		(line = progress_reader_next(&leg->reader, leg->call.in, &len, &leg->err))) {
		if (!leg_take_line(s, leg, line, len))
			return false;
	}
	call_resume(&leg->call);
	return !error_is_set(&leg->err);
}

/* --- body --- */

static bool leg_takes_body(const struct leg *leg)
{
	return leg->state == LEG_WORKING && leg->call.stream_body && !leg->call.done;
}

bool fleet_wants_body(const struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (leg_takes_body(&s->legs[i]))
			return true;
	}
	return false;
}

bool fleet_has_room(const struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (leg_takes_body(&s->legs[i]) &&
			evbuffer_get_length(s->legs[i].queue) >= QUEUE_MAX)
			return false;
	}
	return true;
}

static void leg_flush(const struct fleet *s, struct leg *leg)
{
	size_t len = evbuffer_get_length(leg->queue);

	if (!leg_takes_body(leg) || call_is_full(&leg->call))
		return;
	if (len > 0) {
		leg->moved_ms = clock_mono_ms();
		call_write_buffer(&leg->call, leg->queue);
	}
	if (s->body_ended)
		call_end_body(&leg->call);
}

/* The bytes are shared: however many legs there are, they are in memory once. */
void fleet_write(struct fleet *s, struct evbuffer *from)
{
	auto_evbuffer struct evbuffer *part = evbuffer_new();

	evbuffer_add_buffer(part, from);
	for (size_t i = 0; i < s->count; i++) {
		struct leg *leg = &s->legs[i];

		if (!leg_takes_body(leg))
			continue;
		if (evbuffer_get_length(leg->queue) == 0)
			leg->moved_ms = clock_mono_ms(); /* it could not take what was not there */
		evbuffer_add_buffer_reference(leg->queue, part);
		leg_flush(s, leg);
	}
}

struct leg *fleet_add_load(struct fleet *s, struct engine *e, struct api_version v)
{
	struct leg *leg = fleet_add(s, e);

	remote_call_init(&leg->call, &e->remote, v, "POST", "/images/load?quiet=1");
	headers_set(&leg->call.head.headers, "Content-Type", "application/x-tar");
	leg->call.stream_body = true;
	leg->call.stream_length = -1;
	return leg;
}

void fleet_end_body(struct fleet *s)
{
	s->body_ended = true;
	for (size_t i = 0; i < s->count; i++)
		leg_flush(s, &s->legs[i]);
}

/* --- the course of a leg --- */

void fleet_start(struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct leg *leg = &s->legs[i];

		leg->call.mode = CALL_STREAM;
		leg->call.head_timeout_ms = leg->call.idle_timeout_ms = FLEET_SILENCE_MS;
		leg->moved_ms = clock_mono_ms();
		remote_send(&leg->call, &leg->engine->remote, s->waiter);
		if (s->title && !s->quiet)
			say(s, leg, NULL);
	}
}

/* True when the leg must be given up: it does not take what waits for it, or its engine is lost and
 * silent. */
static bool leg_is_stuck(struct leg *leg)
{
	int64_t silent_ms = clock_mono_ms() - leg->moved_ms;
	bool waits = leg_takes_body(leg) && evbuffer_get_length(leg->queue) > 0;

	if (!engine_is_healthy(leg->engine) && silent_ms >= UNHEALTHY_MS)
		error_set(&leg->err, ERROR_UNAVAILABLE, "the node is unhealthy: %s",
			leg->engine->last_error);
	else if (waits && silent_ms >= STALL_MS)
		error_set(&leg->err, ERROR_TIMEOUT, "the node took nothing for %d seconds",
			STALL_MS / 1000);
	return error_is_set(&leg->err);
}

/* The call was refused, or is over and all of its lines but an unfinished one have been read. */
static void leg_conclude(struct fleet *s, struct leg *leg)
{
	const char *line;
	size_t len;

	engine_report_call(leg->engine, &leg->call);
	if (!remote_check(&leg->call, &leg->engine->remote, &leg->err)) {
		leg_fail(s, leg);
		return;
	}
	line = progress_reader_rest(&leg->reader, &len);
	if (line && !leg_take_line(s, leg, line, len)) {
		leg_fail(s, leg);
		return;
	}
	leg->state = LEG_REFRESHING;
	refresh_images(&leg->refresh, leg->engine, s->waiter);
}

static void leg_work(struct fleet *s, struct leg *leg)
{
	leg->begun = leg->begun || (leg->call.answer.status > 0 && leg->call.answer.status < 400);
	leg_flush(s, leg);
	if (!leg_read(s, leg)) {
		leg_fail(s, leg);
		return;
	}
	if (call_is_refused(&leg->call) ||
		(leg->call.done && evbuffer_get_length(leg->call.in) == 0))
		leg_conclude(s, leg);
	else if (!leg->call.done && leg_is_stuck(leg))
		leg_fail(s, leg);
}

static void leg_refreshed(struct fleet *s, struct leg *leg)
{
	if (!leg->refresh.done)
		return;
	if (error_is_set(&leg->refresh.err))
		log_debug("engine %s: refresh of images failed: %s", leg->engine->name,
			error_text(&leg->refresh.err));
	leg->state = LEG_DONE;
	/* Loading was told by the engine's own last line. */
	if (s->title && !s->quiet && !leg->call.stream_body)
		say(s, leg, NULL);
}

void fleet_abort(struct fleet *s, const struct error *err)
{
	for (size_t i = 0; i < s->count; i++) {
		struct leg *leg = &s->legs[i];

		if (leg->state != LEG_WORKING)
			continue;
		error_copy(&leg->err, err);
		leg_fail(s, leg);
	}
}

static void abort_download(struct fleet *s, const struct engine *source, struct error *err)
{
	error_wrap(err, "node %s", source->name);
	fleet_abort(s, err);
	s->body_ended = true;
}

void fleet_feed(struct fleet *s, const struct engine *source, struct call *download)
{
	auto_error struct error err = ERROR_INIT;

	if (s->body_ended || !fleet_wants_body(s))
		return;
	if (download->answer.status < 400 && evbuffer_get_length(download->in) > 0 &&
		fleet_has_room(s)) {
		fleet_write(s, download->in);
		call_resume(download);
	}
	if (!download->done && !call_is_refused(download))
		return;
	if (!remote_check(download, &source->remote, &err))
		abort_download(s, source, &err);
	else if (evbuffer_get_length(download->in) == 0)
		fleet_end_body(s);
}

bool fleet_advance(struct fleet *s)
{
	bool over = true;

	for (size_t i = 0; i < s->count; i++) {
		struct leg *leg = &s->legs[i];

		if (leg->state == LEG_WORKING)
			leg_work(s, leg);
		if (leg->state == LEG_REFRESHING)
			leg_refreshed(s, leg);
		over = over && leg->state >= LEG_DONE;
	}
	return over;
}

/* --- the verdict --- */

static size_t count_state(const struct fleet *s, enum leg_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->legs[i].state == state;
	return n;
}

/* An image that some engines have no platform for is one that the others have. */
static bool is_about_platform(const struct error *err)
{
	return strstr(error_text(err), "image operating system") != NULL;
}

static bool failures_are_about_platform(const struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->legs[i].state == LEG_FAILED && !is_about_platform(&s->legs[i].err))
			return false;
	}
	return true;
}

bool fleet_check(const struct fleet *s, struct error *err)
{
	size_t done = s->done_before + count_state(s, LEG_DONE);
	size_t failed = count_state(s, LEG_FAILED);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (done > 0 && (failed == 0 || failures_are_about_platform(s)))
		return true;
	for (size_t i = 0; i < s->count; i++) {
		auto_free char *failure = failure_text(s, &s->legs[i]);

		if (s->legs[i].state == LEG_FAILED || s->legs[i].state == LEG_SKIPPED)
			strbuf_addf(&text, "%s%s: %s", text.len ? "\n" : "",
				s->legs[i].engine->name, failure);
	}
	return error_set(err, ERROR_ENGINE, "%s", text.buf);
}

bool fleet_has_begun(const struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->legs[i].begun)
			return true;
	}
	return false;
}

const struct error *fleet_refusal(const struct fleet *s)
{
	const struct error *first = s->count ? &s->legs[0].err : NULL;

	for (size_t i = 0; i < s->count; i++) {
		const struct error *err = &s->legs[i].err;

		if (s->legs[i].state != LEG_FAILED || err->code != ERROR_ENGINE ||
			err->status != first->status ||
			strcmp(error_text(err), error_text(first)) != 0)
			return NULL;
	}
	return s->done_before == 0 ? first : NULL;
}

bool fleet_is_up_to_date(const struct fleet *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->legs[i].state == LEG_DONE && !s->legs[i].up_to_date)
			return false;
	}
	return true;
}
