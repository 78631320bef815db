/*
 * net/loop.c - one turn: wait for the kernel once, run what became ready, then the deferred work.
 *
 * Deferred work may defer more (a stream wakes a task, the task writes to a stream).  A few
 * rounds of that are run before looking at the kernel again, so that an answer leaves in the turn
 * in which its request came, but no chain of work can keep the loop from its descriptors.  Nor can
 * much work that comes at once: what the turn has no time for is the first work of the next.
 * Pieces of long work come behind all other, so that hundreds of them make nobody else wait.
 *
 * Time is processor time, so that a busy machine neither shortens turns nor makes them look long.
 */
#include "net/loop.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "net/resolver.h"

enum {
	DEFERRED_ROUNDS = 8,
	DEFERRED_US = 20 * 1000, /* of one turn; then the kernel is asked again */
	RELEASES_US = 10 * 1000, /* the same, of what is freed at its end */
	PIECE_US = 5 * 1000,     /* of one piece of work */
	LONG_TURN_US = 50 * 1000,
	CPU_CLOCK_US = 1000, /* the processor's clock is read at most so often */
};

struct release {
	void *object;
	void (*run)(void *object);
};

struct slow_free {
	struct list link;
	void *object;
	bool (*free_part)(void *object);
};

struct loop {
	struct event_base *base;
	struct list deferred; /* struct deferred::link, borrowed */
	struct list behind;   /* the same: pieces of long work */
	struct list later;    /* the same, until `later_due` */
	struct timer later_due;
	struct release *releases;
	size_t release_count, release_cap, release_next;
	struct list slow_frees; /* struct slow_free::link, owned */
	struct deferred free_some;
	struct event turn_limit;   /* ends the wait of loop_turn */
	struct resolver *resolver; /* made when the first name is looked up */
	bool stopping;

	int64_t cpu_us, cpu_read_us; /* the processor's clock, and when it was read */

	/* Of the turn under way. */
	const char *work; /* what runs; static text */
	int64_t began_us, marked_us;
	const char *longest; /* of what ran in it; static text */
	int64_t longest_us;
	struct log_limit long_turns;
};

static struct event_base *base_create(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	/* net/stream.c counts on edges and on hearing of a hang-up without reading. */
	event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	event_config_free(config);
	assert(base);
	return base;
}

static void handle_turn_limit(
	evutil_socket_t fd maybe_unused, short what maybe_unused, void *arg maybe_unused)
{
	/* Being active is all it is for: the wait is over. */
}

/* --- freeing what is large --- */

/* False: it is gone. */
static bool free_parts(struct slow_free *s)
{
	enum { AT_ONCE = 16 };

	for (int i = 0; i < AT_ONCE; i++) {
		if (!s->free_part(s->object))
			return false;
	}
	return true;
}

static void handle_free_some(struct deferred *d)
{
	struct loop *loop = container_of(d, struct loop, free_some);

	while (!list_empty(&loop->slow_frees) && loop_has_time(loop)) {
		struct slow_free *s = list_first(&loop->slow_frees, struct slow_free, link);

		if (free_parts(s))
			continue;
		list_remove(&s->link);
		free(s);
	}
	if (!list_empty(&loop->slow_frees))
		loop_defer(loop, &loop->free_some);
}

void loop_free_slowly(struct loop *loop, void *object, bool (*free_part)(void *object))
{
	struct slow_free *s = xnew(struct slow_free);

	s->object = object;
	s->free_part = free_part;
	list_push_back(&loop->slow_frees, &s->link);
	loop_defer(loop, &loop->free_some);
}

struct item_array {
	char *items;
	size_t count, size;
	void (*finish)(void *item);
};

static bool free_item(void *object)
{
	struct item_array *a = object;

	if (a->count > 0) {
		a->finish(a->items + --a->count * a->size);
		return true;
	}
	free(a->items);
	free(a);
	return false;
}

void loop_free_items(
	struct loop *loop, void *items, size_t count, size_t size, void (*finish)(void *item))
{
	struct item_array *a = xnew(struct item_array);

	*a = (struct item_array){ items, count, size, finish };
	loop_free_slowly(loop, a, free_item);
}

void loop_free_rest(struct loop *loop)
{
	deferred_cancel(&loop->free_some);
	while (!list_empty(&loop->slow_frees)) {
		struct slow_free *s = list_first(&loop->slow_frees, struct slow_free, link);

		while (s->free_part(s->object)) {
		}
		list_remove(&s->link);
		free(s);
	}
}

/* --- the loop --- */

static void handle_later_due(struct timer *t)
{
	struct loop *loop = container_of(t, struct loop, later_due);

	while (!list_empty(&loop->later)) {
		struct deferred *d = list_first(&loop->later, struct deferred, link);

		list_remove(&d->link);
		loop_defer(loop, d);
	}
}

struct loop *loop_create(void)
{
	struct loop *loop = xnew(struct loop);

	signal(SIGPIPE, SIG_IGN);
	loop->base = base_create();
	list_init(&loop->deferred);
	list_init(&loop->behind);
	list_init(&loop->later);
	timer_init(&loop->later_due, loop, handle_later_due);
	list_init(&loop->slow_frees);
	deferred_init(&loop->free_some, handle_free_some);
	event_assign(&loop->turn_limit, loop->base, -1, 0, handle_turn_limit, NULL);
	return loop;
}

/*
 * Processor time that this thread has used.  Its clock costs a system call, several of which in a
 * turn were a tenth of what a small request costs; so between two readings all time that passes
 * counts as ours.  The next reading takes back what was not.
 */
static int64_t used_us(struct loop *loop)
{
	int64_t now_us = clock_mono_us();

	if (now_us - loop->cpu_read_us >= CPU_CLOCK_US) {
		loop->cpu_us = clock_cpu_us();
		loop->cpu_read_us = now_us;
	}
	return loop->cpu_us + now_us - loop->cpu_read_us;
}

static void run_releases(struct loop *loop, int64_t until_us)
{
	/* A release may add further ones, and may so move the array. */
	while (loop->release_next < loop->release_count) {
		struct release r = loop->releases[loop->release_next++];

		r.run(r.object);
		if (used_us(loop) >= until_us)
			return;
	}
	loop->release_count = loop->release_next = 0;
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	resolver_destroy(steal(loop->resolver));
	run_releases(loop, INT64_MAX);
	loop_free_rest(loop);
	assert(list_empty(&loop->deferred) && list_empty(&loop->behind) &&
		list_empty(&loop->later));
	timer_stop(&loop->later_due);
	event_base_free(loop->base);
	free(loop->releases);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

struct resolver *loop_resolver(struct loop *loop)
{
	if (!loop->resolver)
		loop->resolver = resolver_create(loop, NULL);
	return loop->resolver;
}

static void list_move_all(struct list *to, struct list *from)
{
	list_init(to);
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

/* In front of what is in `to`. */
static void list_move_all_before(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	to->next->prev = to;
	list_init(from);
}

void loop_mark(struct loop *loop, const char *name)
{
	int64_t now_us = used_us(loop);
	int64_t spent_us = now_us - loop->marked_us;

	if (spent_us > loop->longest_us) {
		loop->longest_us = spent_us;
		loop->longest = loop->work;
	}
	loop->work = name;
	loop->marked_us = now_us;
}

bool loop_has_time(struct loop *loop)
{
	return used_us(loop) - loop->marked_us < PIECE_US;
}

/* False: there is no more time in this turn. */
static bool run_deferred_round(struct loop *loop, int64_t until_us)
{
	struct list batch;

	list_move_all(&batch, &loop->deferred);
	while (!list_empty(&batch)) {
		struct deferred *d = list_first(&batch, struct deferred, link);

		loop_mark(loop, "deferred work");
		if (loop->marked_us >= until_us) {
			list_move_all_before(&loop->deferred, &batch);
			return false;
		}
		list_remove(&d->link);
		d->run(d);
	}
	return true;
}

static void run_one_behind(struct loop *loop)
{
	struct deferred *d = list_first(&loop->behind, struct deferred, link);

	loop_mark(loop, "deferred work");
	list_remove(&d->link);
	d->run(d);
}

/* One piece of long work has its turn, even in a turn that has no time for more. */
static void run_deferred(struct loop *loop)
{
	loop_mark(loop, "deferred work");
	int64_t until_us = loop->marked_us + DEFERRED_US;
	bool has_time = true;

	for (int left = DEFERRED_ROUNDS; left > 0 && has_time; left--) {
		has_time = run_deferred_round(loop, until_us);
		if (has_time && left > 1 && !list_empty(&loop->deferred))
			continue;
		if (list_empty(&loop->behind))
			return;
		run_one_behind(loop);
		has_time = has_time && used_us(loop) < until_us;
	}
}

/* Waiting for the kernel takes no processor time. */
static void turn_begins(struct loop *loop)
{
	loop->began_us = loop->marked_us = used_us(loop);
	loop->work = "events";
	loop->longest_us = 0;
}

static void turn_ends(struct loop *loop)
{
	uint32_t left_out = 0;

	loop_mark(loop, NULL);
	int64_t took_us = loop->marked_us - loop->began_us;
	metric_raise(METRIC_loop_longest_turn_seconds, took_us);
	if (took_us <= LONG_TURN_US)
		return;
	metric_inc(METRIC_loop_long_turns_total);
	if (log_enabled(LOG_DEBUG) && log_limit_allows(&loop->long_turns, &left_out))
		log_debug("A turn of the loop took %" PRId64 " ms, %" PRId64
			  " ms of it for one piece of %s; %u lines of this kind left out before",
			took_us / 1000, loop->longest_us / 1000, loop->longest, left_out);
}

static void run_turn(struct loop *loop, int flags)
{
	if (!list_empty(&loop->deferred) || !list_empty(&loop->behind) || loop->release_count)
		flags |= EVLOOP_NONBLOCK;
	turn_begins(loop);
	event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY | flags);
	run_deferred(loop);
	loop_mark(loop, "releases");
	run_releases(loop, loop->marked_us + RELEASES_US);
	turn_ends(loop);
}

void loop_run(struct loop *loop)
{
	loop->stopping = false;
	while (!loop->stopping)
		run_turn(loop, 0);
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

/* Sums with the time of day must fit a timeval of 32 bits, too: a year is as good as for ever. */
static struct timeval timeval_from_ms(int64_t ms)
{
	const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;

	ms = min_of(max_of(ms, INT64_C(0)), year_ms);
	return (struct timeval){
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};
}

void loop_turn(struct loop *loop, int64_t wait_ms)
{
	struct timeval limit = timeval_from_ms(wait_ms);

	event_add(&loop->turn_limit, &limit);
	run_turn(loop, wait_ms > 0 ? 0 : EVLOOP_NONBLOCK);
	event_del(&loop->turn_limit);
}

void deferred_init(struct deferred *d, void (*run)(struct deferred *d))
{
	list_init(&d->link);
	d->run = run;
}

void loop_defer(struct loop *loop, struct deferred *d)
{
	if (list_empty(&d->link))
		list_push_back(&loop->deferred, &d->link);
}

void loop_defer_behind(struct loop *loop, struct deferred *d)
{
	if (list_empty(&d->link))
		list_push_back(&loop->behind, &d->link);
}

void loop_defer_later(struct loop *loop, struct deferred *d)
{
	if (!list_empty(&d->link))
		return;
	if (list_empty(&loop->later) && !timer_pending(&loop->later_due))
		timer_start(&loop->later_due, LOOP_LATER_MS);
	list_push_back(&loop->later, &d->link);
}

void deferred_cancel(struct deferred *d)
{
	if (d->link.next)
		list_remove(&d->link);
}

void loop_release_later(struct loop *loop, void *object, void (*release)(void *object))
{
	array_reserve(loop->releases, loop->release_count, loop->release_cap);
	loop->releases[loop->release_count++] =
		(struct release){ .object = object, .run = release };
}

static void handle_timer(evutil_socket_t fd maybe_unused, short what maybe_unused, void *arg)
{
	struct timer *t = arg;

	t->handle(t);
}

void timer_init(struct timer *t, struct loop *loop, void (*handle)(struct timer *t))
{
	event_assign(&t->event, loop->base, -1, 0, handle_timer, t);
	t->handle = handle;
}

void timer_start(struct timer *t, int64_t after_ms)
{
	struct timeval after = timeval_from_ms(after_ms);

	event_add(&t->event, &after);
}

void timer_stop(struct timer *t)
{
	if (t->handle)
		event_del(&t->event);
}

bool timer_pending(const struct timer *t)
{
	return t->handle && event_pending(&t->event, EV_TIMEOUT, NULL);
}

static void handle_signal(evutil_socket_t number maybe_unused, short what maybe_unused, void *arg)
{
	struct loop_signal *s = arg;

	s->handle(s);
}

void loop_signal_start(
	struct loop_signal *s, struct loop *loop, int number, void (*handle)(struct loop_signal *s))
{
	s->handle = handle;
	s->number = number;
	event_assign(&s->event, loop->base, number, EV_SIGNAL | EV_PERSIST, handle_signal, s);
	event_add(&s->event, NULL);
}

/* event_del brings the default back, which kills: blocked, nothing comes in between. */
void loop_signal_stop(struct loop_signal *s)
{
	sigset_t one, before;

	if (!s->handle)
		return;
	sigemptyset(&one);
	sigaddset(&one, s->number);
	sigprocmask(SIG_BLOCK, &one, &before);
	event_del(&s->event);
	signal(s->number, SIG_IGN);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
