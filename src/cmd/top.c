/*
 * cmd/top.c - `swarm top`: what nodes really have to do.
 *
 * Engines measure containers, one at a time.  Each is asked twice, a second apart, a few at once,
 * and of a large cluster a part, the same of each node: how many it were stands beside the figures.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/table.h"
#include "cmd/talk.h"
#include "cmd/top_view.h"

enum {
	AT_ONCE = 16,
	APART_MS = 1000,
	WATCH_MS = 2000,
	ANSWER_MS = 20 * 1000,
	STATS_MAX = 1024 * 1024,
};

struct top_args {
	struct talk_args talk;
	bool once, json;
	char *sort;
	int64_t limit;
};

static const struct option_spec top_options[] = {
	TALK_OPTIONS(struct top_args, talk),
	{
		"once",
		OPTION(BOOL, struct top_args, once),
		.help = "measure once, and end",
	},
	{
		"json",
		OPTION(BOOL, struct top_args, json),
		.help = "as a list in JSON; a line each time without --once",
	},
	{
		"sort",
		OPTION(STRING, struct top_args, sort),
		.initial = "cpu",
		.help = "what comes first: cpu, memory, containers (the most of it), name",
	},
	{
		"limit",
		OPTION(INT, struct top_args, limit),
		.initial = "500",
		.help = "containers to measure at most, the same number of each node",
	},
};

/* --- one sample of each --- */

struct sampling {
	struct talk *talk;
	struct top_view *view;
	size_t next;   /* container */
	size_t active; /* of the probes */
};

/* Asks for one container after the other. */
struct stats_probe {
	struct task task;
	struct sampling *sampling; /* borrowed */
	size_t container;
	struct call call;
};

STEP(stats_ask);
STEP(stats_answered);

static enum task_turn stats_ask(struct task *t)
{
	struct stats_probe *p = container_of(t, struct stats_probe, task);
	struct sampling *s = p->sampling;

	if (s->next == s->view->count) {
		if (--s->active == 0)
			loop_stop(t->loop);
		return TASK_DONE;
	}
	p->container = s->next++;
	auto_free char *target = talk_target("/containers", s->view->containers[p->container].id,
		"/stats?stream=false&one-shot=true");

	call_init(&p->call, "GET", target);
	p->call.mode = CALL_JSON;
	p->call.max_body = STATS_MAX;
	p->call.head_timeout_ms = ANSWER_MS;
	call_send(&p->call, s->talk->endpoint, t);
	return task_wait_for(t, &p->call.done, &stats_answered_step);
}

/* One that has ended meanwhile, or whose node is gone, is not measured. */
static enum task_turn stats_answered(struct task *t)
{
	struct stats_probe *p = container_of(t, struct stats_probe, task);
	struct sampling *s = p->sampling;

	if (talk_check(s->talk, &p->call, NULL))
		top_view_take(s->view, p->container, yyjson_doc_get_root(p->call.json));
	call_finish(&p->call);
	return task_go(t, &stats_ask_step);
}

static void sample(struct talk *talk, struct top_view *v)
{
	struct stats_probe probes[AT_ONCE] = { 0 };
	struct sampling s = { .talk = talk, .view = v, .active = AT_ONCE };

	for (size_t i = 0; i < AT_ONCE; i++) {
		probes[i].sampling = &s;
		task_init(&probes[i].task, talk->loop, &stats_ask_step, NULL);
		task_start(&probes[i].task);
	}
	loop_run(talk->loop);
	for (size_t i = 0; i < AT_ONCE; i++)
		task_finish(&probes[i].task);
}

/* --- the measure --- */

static bool measure(
	struct talk *talk, const struct top_args *args, struct top_view *ret, struct error *err)
{
	auto_json yyjson_doc *nodes = NULL, *containers = NULL;
	int64_t begun_ms;

	/* before 1.52 a name has its node before it, and every manager knows 1.24 */
	if (!talk_ask(talk, "GET", "/nodes", NULL, &nodes, err) ||
		!talk_ask(talk, "GET", "/v1.24/containers/json", NULL, &containers, err))
		return false;
	top_view_init(ret, yyjson_doc_get_root(nodes), yyjson_doc_get_root(containers),
		(size_t)args->limit);
	begun_ms = clock_mono_ms();
	sample(talk, ret);
	talk_rest(talk, max_of(begun_ms + APART_MS - clock_mono_ms(), (int64_t)1));
	sample(talk, ret);
	return true;
}

static void print_view(const struct top_args *args, const struct top_view *v)
{
	auto_json_mut yyjson_mut_doc *doc = NULL;

	if (!args->json) {
		if (!args->once && isatty(STDOUT_FILENO))
			fputs("\x1b[H\x1b[2J", stdout);
		top_view_print(v, stdout);
	} else {
		doc = yyjson_mut_doc_new(NULL);
		table_print_mut_json(stdout, top_view_json(v, doc), args->once);
	}
	fflush(stdout);
}

static bool run(
	struct talk *talk, const struct top_args *args, enum top_order order, struct error *err)
{
	for (;;) {
		struct top_view v;

		if (!measure(talk, args, &v, err))
			return false;
		top_view_sum(&v, order);
		print_view(args, &v);
		top_view_finish(&v);
		/* who reads it may have gone */
		if (args->once || ferror(stdout))
			return true;
		talk_rest(talk, WATCH_MS);
	}
}

static bool top_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct top_args *args = values;
	enum top_order order;
	struct talk talk;

	if (words->count)
		return error_set(err, ERROR_INVALID, "%s takes no arguments", in->command->name);
	if (args->limit < 0)
		return error_set(err, ERROR_INVALID, "--limit should not be negative");
	if (!top_order_parse(args->sort, &order, err) || !talk_open(&talk, &args->talk, err))
		return false;
	bool ok = run(&talk, args, order, err);

	talk_close(&talk);
	return ok;
}

const struct command command_top = {
	.name = "top",
	.summary = "Show the measured load of each node",
	.details =
		"   What is measured is what containers use.  A node with more of them than were "
		"measured has\n   more load than is shown.\n",
	.usage = "[OPTIONS]",
	.options = top_options,
	.options_count = ARRAY_SIZE(top_options),
	.values_size = sizeof(struct top_args),
	.run = top_run,
};
