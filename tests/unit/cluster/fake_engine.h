/*
 * fake_engine.h - a Docker engine inside the test: answers over loopback from what the test says.
 *
 * It speaks just enough: /_ping, /version, /info, /events, the four lists, inspect of containers,
 * and what manager/ asks for: containers are created, started, stopped and removed, images pulled,
 * networks created and connected to.  Answers are made when the request comes; those whose target
 * contains `hold` wait until fake_engine_release, so that a late answer can be an old one.
 */
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "net/loop.h"

struct fake_container {
	struct list link;
	char id[65], name[64], swarm_id[65];
	const char *state;  /* "running" */
	const char *status; /* NULL: made from the state, as the manager would write it */
	int64_t memory_bytes, cpu_shares;
	char *asked_labels;      /* owned; of a create; more_labels is then this */
	const char *more_labels; /* JSON members after the swarm id's: `,"a":"b"`; NULL: none */
};

/* What becomes of one request. */
enum fake_fault {
	FAKE_NO_FAULT,
	FAKE_REFUSES, /* with 500 */
	FAKE_CUTS,    /* the connection, unanswered and without effect */
	FAKE_FREEZES, /* it has its effect, and is answered by fake_engine_release only */
	FAKE_FAULTS,
};

struct fake_engine {
	struct loop *loop;
	struct listener *listener;
	struct http_server *server;
	char address[32]; /* "127.0.0.1:port"; stays the same over stop and start */

	/* What it says; the test may change it at any time. */
	const char *daemon_id, *name;
	int64_t cpus, memory_bytes;
	const char *api_min, *api_max;
	int more_images;         /* beside its busybox */
	const char *labels;      /* JSON: `["a=b"]` */
	int64_t clock_behind_ms; /* its clock is that much behind ours */
	const char *fail;        /* targets that contain this are answered 500; NULL: none */
	const char *stall;       /* ... with the head of a 503 whose body never comes */
	struct list containers;  /* fake_container::link */

	const char *hold; /* see above; "" holds everything (frozen) */
	struct list held, streams, incoming;
	/* Of what is asked of it, pings and events aside, the fault_at-th from now on (1: the next)
	 * ends so; what comes after it is answered. */
	enum fake_fault fault;
	int fault_at;
	const char *past;       /* what is answered to who asks for events with an end; NULL: "" */
	bool lacks_image;       /* busybox, until it is pulled */
	char pulled_with[64];   /* X-Registry-Auth of the newest pull; "" without */
	struct strbuf networks; /* beside its bridge: entries, each after a comma */

	/* What it saw. */
	int pings, infos, lists, filtered_lists, inspects, image_lists, network_lists, volume_lists;
	int streams_opened;
	int asked, changes; /* all but pings and events; of these, those that are no GET */
	char since[64];     /* of the newest stream */
	int past_asked;     /* events with an end */
};

struct fake_engine *fake_engine_create(struct loop *loop);
void fake_engine_destroy(struct fake_engine *f);
/* The daemon dies: nobody listens, connections are closed; and comes back. */
void fake_engine_stop(struct fake_engine *f);
void fake_engine_start(struct fake_engine *f);
/* Answers what was held. */
void fake_engine_release(struct fake_engine *f);
/* Ends the event streams; everything else works. */
void fake_engine_cut_streams(struct fake_engine *f);

/* id is padded to 64 digits. */
struct fake_container *fake_engine_add(struct fake_engine *f, const char *id, const char *name);
void fake_engine_remove(struct fake_engine *f, struct fake_container *c);
struct fake_container *fake_engine_find(struct fake_engine *f, const char *name);
/* labels: a JSON object. */
void fake_engine_add_network(struct fake_engine *f, const char *name, const char *labels);
/* To all open streams.  attributes: JSON members, `"name":"x"`, or "". */
void fake_engine_emit(struct fake_engine *f, const char *type, const char *action, const char *id,
	const char *attributes);
/* Any bytes. */
void fake_engine_emit_text(struct fake_engine *f, const char *text, size_t len);
/* With a time of the test's choice. */
void fake_engine_emit_at(struct fake_engine *f, int64_t time_ns, const char *type,
	const char *action, const char *id, const char *attributes);

/* Turns until the condition holds; fails the test after `seconds`. */
#define turn_until_s(loop, seconds, condition)                                                     \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + (seconds)*1000;                                 \
		while (!(condition)) {                                                             \
			if (clock_mono_ms() > until_)                                              \
				fail_msg("never came true: %s", #condition);                       \
			loop_turn(loop, 5);                                                        \
		}                                                                                  \
	} while (0)
#define turn_until(loop, condition) turn_until_s(loop, 10, condition)
/* Turns for so long. */
#define turn_for_ms(loop, ms)                                                                      \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + (ms);                                           \
		while (clock_mono_ms() < until_)                                                   \
			loop_turn(loop, 5);                                                        \
	} while (0)
