/* cluster/past.c - questions to engines, and who waits for all of them. */
#include "cluster/past.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "cluster/bus.h"
#include "net/lines.h"

enum {
	AT_ONCE = 32,
	KEPT_MAX = 256, /* of one engine, the newest */
	LINE_MAX_BYTES = 256 * 1024,
	ANSWER_MAX_BYTES = 8 * 1024 * 1024,
	HEAD_MS = 4 * 1000,
	BODY_MS = 4 * 1000,
};

STEP(question_ask);
STEP(question_read);

/* An engine that is asked, or has answered. */
struct known {
	const struct engine *engine; /* the key; borrowed while it is a member */
	UT_hash_handle hh;
};

/* To one engine; waits for its turn at first. */
struct question {
	struct list link; /* past::questions */
	struct past *past;
	struct engine *engine; /* counted */
	struct task task;
	struct call call;
	struct lines lines;
	struct docker_event *kept; /* a ring of KEPT_MAX; owned; NULL before it is asked */
	size_t kept_count, kept_at;
	size_t bytes; /* of the answer so far */
	bool asked, answered;
};

struct past {
	struct cluster *cluster; /* borrowed */
	struct list questions;   /* under way first, then those that wait; owned */
	size_t asked;            /* of them */
	struct list waits;       /* past_wait::link */
	struct known *listed;    /* owned */
	struct engine_listener engines;
};

/* --- who was asked --- */

static struct known *find_known(const struct past *p, const struct engine *e)
{
	struct known *found = NULL;

	HASH_FIND_PTR(p->listed, &e, found);
	return found;
}

static bool is_listed(const struct past *p, const struct engine *e)
{
	return find_known(p, e) != NULL;
}

static void note_listed(struct past *p, const struct engine *e)
{
	struct known *one = xnew(struct known);

	one->engine = e;
	HASH_ADD_PTR(p->listed, engine, one);
}

/* It may be asked again. */
static void forget(struct past *p, const struct engine *e)
{
	struct known *one = find_known(p, e);

	if (one)
		HASH_DELETE(hh, p->listed, one);
	free(one);
}

/* Who leaves, or is to be validated again, is not followed meanwhile. */
static void handle_state(
	struct engine_listener *l, struct engine *e, enum engine_state before maybe_unused)
{
	if (!engine_is_validated(e))
		forget(container_of(l, struct past, engines), e);
}

struct past *past_create(struct cluster *cluster)
{
	struct past *p = xnew(struct past);

	p->cluster = cluster;
	list_init(&p->questions);
	list_init(&p->waits);
	p->engines.handle_state = handle_state;
	cluster_listen(cluster, &p->engines);
	return p;
}

/* --- who waits --- */

void past_wait_finish(struct past_wait *w)
{
	if (w->listed)
		list_remove(&w->link);
	w->listed = false;
}

static void tell_waits(struct past *p)
{
	struct past_wait *w, *tmp;

	list_for_each_safe (w, tmp, &p->waits, link) {
		past_wait_finish(w);
		w->done = true;
		task_wake(w->waiter);
	}
}

/* --- a question --- */

static void question_free(struct question *q)
{
	q->past->asked -= q->asked;
	if (!q->answered)
		forget(q->past, q->engine);
	list_remove(&q->link);
	task_finish(&q->task);
	call_finish(&q->call);
	for (size_t i = 0; i < q->kept_count; i++)
		event_finish(&q->kept[i]);
	free(q->kept);
	engine_unref(q->engine);
	free(q);
}

static void ask_next(struct past *p)
{
	struct question *q;

	list_for_each (q, &p->questions, link) {
		if (p->asked >= AT_ONCE)
			return;
		if (!q->asked)
			task_start(&q->task);
		p->asked += !q->asked;
		q->asked = true;
	}
}

static void question_done(struct task *t)
{
	struct question *q = container_of(t, struct question, task);
	struct past *p = q->past;

	question_free(q);
	ask_next(p);
	if (list_empty(&p->questions))
		tell_waits(p);
}

static void question_create(struct past *p, struct engine *e)
{
	struct question *q = xnew(struct question);

	q->past = p;
	q->engine = engine_ref(e);
	note_listed(p, e);
	task_init(&q->task, p->cluster->loop, &question_ask_step, question_done);
	list_push_back(&p->questions, &q->link);
}

void past_destroy(struct past *p)
{
	if (!p)
		return;
	while (!list_empty(&p->questions))
		question_free(container_of(p->questions.next, struct question, link));
	tell_waits(p);
	engine_unlisten(&p->engines);
	while (p->listed)
		forget(p, p->listed->engine);
	free(p);
}

static enum task_turn question_ask(struct task *t)
{
	struct question *q = container_of(t, struct question, task);
	int64_t until_ns = clock_wall_ns() - q->engine->clock_shift_ns;

	if (!engine_is_healthy(q->engine))
		return TASK_DONE;
	q->kept = xcalloc(KEPT_MAX, sizeof(*q->kept));
	remote_call_init(&q->call, &q->engine->remote, (struct api_version){ 0 }, "GET",
		"/events?since=1&until=%lld.%09lld", (long long)(until_ns / NS_PER_S),
		(long long)(until_ns % NS_PER_S));
	q->call.mode = CALL_STREAM;
	q->call.head_timeout_ms = HEAD_MS;
	q->call.idle_timeout_ms = q->call.body_timeout_ms = BODY_MS;
	remote_send(&q->call, &q->engine->remote, t);
	return task_wait(t, &question_read_step); /* its call has deadlines */
}

/* --- the answer --- */

static void keep(struct question *q, const char *line, size_t len)
{
	struct docker_event e;
	bool ignore;

	if (!event_parse(&e, line, len, &ignore, NULL))
		return;
	if (ignore) {
		event_finish(&e);
		return;
	}
	if (q->kept_count == KEPT_MAX)
		event_finish(&q->kept[q->kept_at]);
	q->kept[q->kept_at] = e;
	q->kept_at = (q->kept_at + 1) % KEPT_MAX;
	q->kept_count += q->kept_count < KEPT_MAX;
}

static void take_lines(struct question *q)
{
	size_t len;
	char *line;

	while (loop_has_time(q->task.loop) && (line = lines_take(&q->lines, q->call.in, &len))) {
		q->bytes += len;
		keep(q, line, len);
		free(line);
	}
}

/* Oldest first. */
static void put_into_journal(struct question *q)
{
	struct journal *j = bus_journal(q->past->cluster->bus);
	size_t first = q->kept_count == KEPT_MAX ? q->kept_at : 0;

	for (size_t i = 0; i < q->kept_count; i++)
		(void)journal_add_past(j, &q->kept[(first + i) % KEPT_MAX], q->engine);
}

static bool is_too_much(const struct question *q)
{
	return q->bytes > ANSWER_MAX_BYTES || evbuffer_get_length(q->call.in) > LINE_MAX_BYTES;
}

/* What came is good, however it ended; who answered needs not be asked again. */
static enum task_turn question_read(struct task *t)
{
	struct question *q = container_of(t, struct question, task);
	bool over;

	if (q->call.head_done && q->call.answer.status == 200)
		take_lines(q);
	if (!loop_has_time(t->loop))
		return task_wait_ms(t, &question_read_step, 0);
	over = q->call.done || call_is_refused(&q->call) || is_too_much(q);
	if (!over) {
		call_resume(&q->call);
		return task_wait(t, &question_read_step); /* its call has deadlines */
	}
	if (q->call.done)
		engine_report_call(q->engine, &q->call);
	if (q->call.head_done && engine_is_validated(q->engine)) {
		put_into_journal(q);
		q->answered = true;
	}
	return TASK_DONE;
}

/* --- who asks --- */

bool past_ask(struct past *p, struct past_wait *w, struct task *waiter)
{
	struct engine *e;

	cluster_each (e, p->cluster, CLUSTER_HEALTHY) {
		if (!is_listed(p, e))
			question_create(p, e);
	}
	if (list_empty(&p->questions))
		return false;
	*w = (struct past_wait){ .waiter = waiter, .listed = true };
	list_push_back(&p->waits, &w->link);
	ask_next(p);
	return true;
}
