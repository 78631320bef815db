#include "fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/strv.h"
#include "net/listen.h"
#include "net/task.h"

struct job {
	struct task task;
	struct loop *loop;
	int steps, dones;
	bool timed_out;
};

static enum task_turn job_last(struct task *t)
{
	struct job *j = container_of(t, struct job, task);

	j->steps++;
	j->timed_out = t->timed_out;
	return TASK_DONE;
}
STEP(job_last);

static enum task_turn job_wait(struct task *t)
{
	container_of(t, struct job, task)->steps++;
	return task_wait_ms(t, &job_last_step, 20);
}
STEP(job_wait);

static enum task_turn job_first(struct task *t)
{
	container_of(t, struct job, task)->steps++;
	return task_go(t, &job_wait_step);
}
STEP(job_first);

static void handle_done(struct task *t)
{
	container_of(t, struct job, task)->dones++;
}

static void job_start(struct job *j)
{
	*j = (struct job){ .loop = loop_create() };
	task_init(&j->task, j->loop, &job_first_step, handle_done);
	task_start(&j->task);
	assert_int_equal(j->steps, 0);
	loop_turn(j->loop, 0);
	assert_int_equal(j->steps, 2);
}

static void test_task_deadline(void **state)
{
	struct job j;

	(void)state;
	job_start(&j);
	turn_until(j.loop, j.dones == 1);
	assert_true(j.timed_out);
	task_wake(&j.task);
	loop_turn(j.loop, 0);
	assert_int_equal(j.steps, 3);
	loop_destroy(j.loop);
}

static void test_task_wake(void **state)
{
	struct job j;

	(void)state;
	job_start(&j);
	task_wake(&j.task);
	task_wake(&j.task);
	assert_int_equal(j.steps, 2);
	loop_turn(j.loop, 0);
	assert_int_equal(j.dones, 1);
	assert_int_equal(j.steps, 3);
	assert_false(j.timed_out);
	loop_destroy(j.loop);
}

static void test_task_finish(void **state)
{
	struct job j;

	(void)state;
	job_start(&j);
	task_wake(&j.task);
	task_finish(&j.task);
	task_finish(&j.task);
	task_wake(&j.task);
	task_wake(NULL);
	for (int i = 0; i < 4; i++)
		loop_turn(j.loop, 10);
	assert_int_equal(j.steps, 2);
	assert_int_equal(j.dones, 0);
	loop_destroy(j.loop);
}

struct wish {
	struct task task;
	bool fulfilled, timed_out;
	int64_t ms; /* 0: without end */
	int steps;
};

static enum task_turn wish_end(struct task *t)
{
	struct wish *w = container_of(t, struct wish, task);

	w->steps++;
	w->timed_out = t->timed_out;
	return TASK_DONE;
}
STEP(wish_end);

static enum task_turn wish_begin(struct task *t)
{
	struct wish *w = container_of(t, struct wish, task);

	return w->ms ? task_wait_for_ms(t, &w->fulfilled, &wish_end_step, w->ms)
		     : task_wait_for(t, &w->fulfilled, &wish_end_step);
}
STEP(wish_begin);

static void wish_start(struct wish *w, struct loop *loop, int64_t ms)
{
	*w = (struct wish){ .ms = ms };
	task_init(&w->task, loop, &wish_begin_step, NULL);
	task_start(&w->task);
	loop_turn(loop, 0);
	/* early wakes, whatever for */
	for (int i = 0; i < 3; i++) {
		task_wake(&w->task);
		loop_turn(loop, 0);
	}
	assert_int_equal(w->steps, 0);
}

static void test_task_waits_for_its_condition(void **state)
{
	struct loop *loop = loop_create();
	struct wish w;

	(void)state;
	wish_start(&w, loop, 0);
	w.fulfilled = true;
	task_wake(&w.task);
	loop_turn(loop, 0);
	assert_int_equal(w.steps, 1);
	assert_false(w.timed_out);

	/* an early wake does not lose the deadline */
	wish_start(&w, loop, 20);
	turn_until(loop, w.steps == 1);
	assert_true(w.timed_out);
	loop_destroy(loop);
}

struct alarm {
	struct timer timer;
	int rings;
};

static void ring(struct timer *t)
{
	container_of(t, struct alarm, timer)->rings++;
}

static void test_timers_of_any_length(void **state)
{
	static const struct {
		int64_t ms;
		int rings;
	} rows[] = { { INT64_MIN, 1 }, { 0, 1 }, { 1, 1 }, { INT64_C(1) << 41, 0 },
		{ INT64_MAX, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loop *loop = loop_create();
		struct alarm a = { 0 };

		timer_init(&a.timer, loop, ring);
		timer_start(&a.timer, rows[i].ms);
		for (int turn = 0; turn < 3; turn++)
			loop_turn(loop, 10);
		assert_int_equal(a.rings, rows[i].rings);
		timer_stop(&a.timer);
		loop_destroy(loop);
	}
}

struct chain {
	struct loop *loop;
	struct deferred d;
	int runs;
};

static void run_for_ever(struct deferred *d)
{
	struct chain *c = container_of(d, struct chain, d);

	c->runs++;
	loop_defer(c->loop, d);
}

/* Work that defers itself again does not keep the loop from its descriptors. */
static void test_deferred_is_bounded(void **state)
{
	struct chain c = { .loop = loop_create() };

	(void)state;
	deferred_init(&c.d, run_for_ever);
	loop_defer(c.loop, &c.d);
	loop_defer(c.loop, &c.d);
	assert_int_equal(c.runs, 0);
	loop_turn(c.loop, 1000);
	assert_in_range(c.runs, 1, 100);
	deferred_cancel(&c.d);
	loop_destroy(c.loop);
}

struct heavy {
	struct deferred d;
	int *order, *next;
};

static void run_heavily(struct deferred *d)
{
	struct heavy *h = container_of(d, struct heavy, d);
	int64_t until_us = clock_cpu_us() + 6000;

	while (clock_cpu_us() < until_us)
		;
	*h->order = ++*h->next;
}

/* Much work at once is done in several turns, in its order. */
static void test_turn_is_bounded_in_time(void **state)
{
	struct loop *loop = loop_create();
	struct heavy work[20];
	int order[20] = { 0 }, next = 0, turns = 0;
	int64_t long_turns = metrics[METRIC_loop_long_turns_total];

	(void)state;
	for (int i = 0; i < 20; i++) {
		work[i] = (struct heavy){ .order = &order[i], .next = &next };
		deferred_init(&work[i].d, run_heavily);
		loop_defer(loop, &work[i].d);
	}
	deferred_cancel(&work[7].d);
	for (; next < 19; turns++) {
		loop_turn(loop, 0);
		if (turns == 0)
			loop_defer(loop, &work[7].d); /* comes behind what waits already */
		if (next == 19)
			break;
	}
	assert_in_range(turns, 4, 19);
	while (next < 20)
		loop_turn(loop, 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(order[i], i < 7 ? i + 1 : i == 7 ? 20 : i);
	assert_int_equal(metrics[METRIC_loop_long_turns_total], long_turns);
	loop_destroy(loop);
}

/* Who asks for little waits for one piece of long work, not for one of each; and much of the little
 * does not keep long work from its turn. */
static void test_long_work_comes_behind(void **state)
{
	struct loop *loop = loop_create();
	struct heavy work[20], little = { 0 };
	struct chain ever = { .loop = loop };
	int order[20] = { 0 }, next = 0, at = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		work[i] = (struct heavy){ .order = &order[i], .next = &next };
		deferred_init(&work[i].d, run_heavily);
		loop_defer_behind(loop, &work[i].d);
	}
	loop_turn(loop, 0);
	assert_in_range(next, 1, 8);
	little = (struct heavy){ .order = &at, .next = &next };
	deferred_init(&little.d, run_heavily);
	loop_defer(loop, &little.d);
	deferred_init(&ever.d, run_for_ever);
	loop_defer(loop, &ever.d);
	for (int i = next; i < 18; i = next) {
		loop_turn(loop, 0);
		assert_in_range(next, i + 1, 20);
	}
	assert_in_range(at, 1, 9);
	deferred_cancel(&ever.d);
	while (next < 21)
		loop_turn(loop, 0);
	loop_destroy(loop);
}

static void run_long(struct deferred *d)
{
	int64_t until_us = clock_cpu_us() + 60 * 1000;

	(void)d;
	while (clock_cpu_us() < until_us)
		;
}

static void test_long_turn_is_counted(void **state)
{
	struct loop *loop = loop_create();
	struct deferred d;
	int64_t long_turns = metrics[METRIC_loop_long_turns_total];

	(void)state;
	deferred_init(&d, run_long);
	loop_defer(loop, &d);
	loop_turn(loop, 0);
	assert_int_equal(metrics[METRIC_loop_long_turns_total], long_turns + 1);
	assert_in_range(metrics[METRIC_loop_longest_turn_seconds], 60 * 1000, INT64_MAX);
	loop_destroy(loop);
}

static void count_release(void *object)
{
	++*(int *)object;
}

static void test_release_later(void **state)
{
	struct loop *loop = loop_create();
	int released = 0;

	(void)state;
	loop_release_later(loop, &released, count_release);
	assert_int_equal(released, 0);
	loop_turn(loop, 0);
	assert_int_equal(released, 1);
	loop_destroy(loop);
	assert_int_equal(released, 1);
}

static int signals;

static void handle_signal(struct loop_signal *s)
{
	assert_int_equal(s->number, SIGUSR1);
	signals++;
}

static void test_signal(void **state)
{
	struct loop *loop = loop_create();
	struct loop_signal s;

	(void)state;
	loop_signal_start(&s, loop, SIGUSR1, handle_signal);
	raise(SIGUSR1);
	turn_until(loop, signals == 1);
	loop_signal_stop(&s);
	raise(SIGUSR1); /* does nothing, instead of the default, which kills */
	loop_signal_start(&s, loop, SIGUSR1, handle_signal);
	raise(SIGUSR1);
	turn_until(loop, signals == 2);
	loop_signal_stop(&s);
	loop_destroy(loop);
}

static void ignore_stream(struct listener *l, struct stream *s, void *arg)
{
	(void)l;
	(void)arg;
	stream_destroy(s, "test");
}

/* Socket activation: descriptor 3 is a listening socket that somebody else made. */
static void test_passed_socket(void **state)
{
	static const struct listener_ops ops = { .handle_stream = ignore_stream };
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	auto_free char *pid = xasprintf("%d", (int)getpid());
	auto_strv struct strv addresses = STRV_INIT;
	auto_error struct error err = ERROR_INIT;
	struct loop *loop;
	struct listener *l;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	if (fd != 3)
		assert_int_equal(dup2(fd, 3), 3);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	loop = loop_create();
	assert_null(listener_create(loop, "fd://4", NULL, &ops, NULL, &err));
	assert_string_equal(err.text, "listen fd: descriptor 4 was not passed");
	l = listener_create(loop, "fd://", NULL, &ops, NULL, &err);
	assert_non_null(l);
	listener_addresses(l, &addresses);
	assert_int_equal(addresses.count, 1);
	assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
	listener_destroy(l);
	loop_destroy(loop);
	if (fd != 3)
		close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passed_socket), /* first: it needs descriptor 3 */
		cmocka_unit_test(test_task_deadline),
		cmocka_unit_test(test_task_wake),
		cmocka_unit_test(test_task_finish),
		cmocka_unit_test(test_task_waits_for_its_condition),
		cmocka_unit_test(test_timers_of_any_length),
		cmocka_unit_test(test_deferred_is_bounded),
		cmocka_unit_test(test_turn_is_bounded_in_time),
		cmocka_unit_test(test_long_work_comes_behind),
		cmocka_unit_test(test_long_turn_is_counted),
		cmocka_unit_test(test_release_later),
		cmocka_unit_test(test_signal),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
