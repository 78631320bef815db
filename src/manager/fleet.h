/*
 * manager/fleet.h - one operation on many engines that each report progress: pull, load, import.
 *
 * Every engine is a leg.  A body that goes along is copied to all of them, each with a bounded
 * queue of its own, so the pace is that of the slowest leg that lives.  A leg that fails, or takes
 * nothing for too long, is dropped and remembered; the others go on and never see a shortened body.
 * What the legs report becomes one stream of lines in `out`, and at the end a verdict.
 *
 * A fleet lives in the task that waits, which calls fleet_advance whenever it wakes.
 */
#pragma once

#include <event2/buffer.h>

#include "cluster/cluster.h"
#include "cluster/refresh.h"
#include "manager/progress.h"

enum {
	FLEET_LOOK_MS = 1000,              /* the waiting task looks at least this often */
	FLEET_SILENCE_MS = 10 * 60 * 1000, /* of a healthy engine that works on something */
};

enum leg_state {
	LEG_WORKING,
	LEG_REFRESHING, /* succeeded; its image list is fetched anew */
	LEG_DONE,
	LEG_SKIPPED, /* the image is not for this engine's platform */
	LEG_FAILED,  /* err says why */
};

struct leg {
	struct engine *engine; /* counted */
	enum leg_state state;
	struct call call; /* the owner fills it before fleet_start */
	struct refresh refresh;
	struct progress_reader reader;
	struct evbuffer *queue; /* body that waits for room in the call; owned */
	int64_t moved_ms;       /* when the engine last took or gave something */
	bool begun;             /* it has answered, and not with a refusal */
	bool line_failed;       /* err was a line of its answer */
	bool up_to_date;        /* it said that its image was the newest already */
	char *last;             /* hold_last: the engine's own line; owned; NULL */
	struct error err;       /* in the engine's words */
};

struct fleet {
	/* Set by the owner before fleet_start; texts borrowed. */
	const char *title;   /* "Pulling busybox:latest..."; NULL: the engines' own words */
	const char *failure; /* "Failed to load busybox:latest", before an engine's error line */
	const char *what;    /* "Load": "... skipped because image is for windows ..." */
	bool quiet;          /* only failures are told */
	size_t done_before;  /* engines that have the image already, for the verdict */
	bool hold_last;      /* each leg's last line is not told but kept in `last` */

	struct leg *legs; /* owned */
	size_t count;
	struct evbuffer *out; /* lines for the client; the owner takes them out; owned */
	bool body_ended;
	struct task *waiter;
};

void fleet_init(struct fleet *s, struct task *waiter);
/* All legs before fleet_start, which may move them. */
struct leg *fleet_add(struct fleet *s, struct engine *e);
/* The same, ready to load what another engine saves. */
struct leg *fleet_add_load(struct fleet *s, struct engine *e, struct api_version v);
void fleet_start(struct fleet *s);

/* Whether all living legs have room for more of the body; without any, it is thrown away. */
bool fleet_has_room(const struct fleet *s);
void fleet_write(struct fleet *s, struct evbuffer *from); /* moves */
void fleet_end_body(struct fleet *s);
/* A leg still wants body. */
bool fleet_wants_body(const struct fleet *s);

/* Passes on what a download (CALL_STREAM, and waking the same task) from that engine has brought;
 * its failure is that of all legs. */
void fleet_feed(struct fleet *s, const struct engine *source, struct call *download);

/* There will be no more body, but it is not complete: all legs that still work fail with err. */
void fleet_abort(struct fleet *s, const struct error *err);

/* Looks at everything; true when all legs are over. */
bool fleet_advance(struct fleet *s);
/* False with the failed nodes, a line each, when the whole is no success. */
bool fleet_check(const struct fleet *s, struct error *err);
/* One of the engines did not refuse at once, and so there is something to be told. */
bool fleet_has_begun(const struct fleet *s);
/* What all engines that were asked refused in the same words, with the status of the answer (500
 * when it was said in a line); lent; NULL. */
const struct error *fleet_refusal(const struct fleet *s);
/* All that succeeded said that they had the newest image before. */
bool fleet_is_up_to_date(const struct fleet *s);
/* Cancels what is under way. */
void fleet_finish(struct fleet *s);
