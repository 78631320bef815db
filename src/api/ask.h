/*
 * api/ask.h - a question to some engines, and one answer out of theirs.
 *
 *   body -> prepare -> engines, all at once or one after the other -> settle -> refresh -> answer
 *
 * What is special about an endpoint stands in its kind; a struct that begins with the ask holds
 * what it has to remember.  Every call ends by the kind's deadline.  The records of those engines
 * that answered are read anew before the client hears of it; who did not answer keeps nobody
 * waiting for its lists as well.  What the answers hold counts as the client's memory
 * (http/budget.c).
 */
#pragma once

#include "api/errand.h"
#include "api/object_list.h"
#include "manager/fanout.h"
#include "manager/refreshes.h"

enum ask_order {
	ASK_AT_ONCE,
	ASK_EACH,  /* one after the other, until one fails; that it was not there is no failure, but
		      for the last */
	ASK_FIRST, /* the next one when one cannot be reached */
};

/* When it is an answer what engines that are asked at once say.  Otherwise it is a failure: with a
 * line for each engine (fanout_check), or, where one would have done, with the last one's. */
enum ask_need {
	ASK_ALL_MUST,      /* succeed */
	ASK_ANSWERED_MUST, /* at least one, and nobody refuses; who was lost is in Warning fields */
	ASK_ONE_MUST,      /* others are logged and left out */
	ASK_NONE_MUST,     /* the same */
};

struct ask;

struct ask_kind {
	size_t size;     /* of the struct that begins with the ask; 0: there is none */
	size_t body_max; /* of the request, which is gathered first; 0: nobody reads it */
	enum ask_order order;
	enum ask_need need;
	const char *method;  /* of the calls; NULL: the request's */
	enum call_mode mode; /* CALL_TEXT: `answer` or the client gets the text as it is */
	int64_t timeout_ms;  /* until an engine's head has come; two minutes at most to its end */
	bool may_lack; /* engines that do not know the path, or have no such thing, are as good
			  as not asked: 404 */
	const char
		*done; /* "removed": what is told, beside failures, of who succeeded; NULL: that */

	/* Adds the engines.  False with err: that is the answer. */
	bool (*prepare)(struct ask *a, struct error *err);
	/* Where it takes long to know which: after prepare, some more of that; false: it is known.
	 * Others have their turn in between.  May be NULL. */
	bool (*prepare_more)(struct ask *a);
	/* This refusal says that it was gone already: none, if another engine did it.  NULL: no. */
	bool (*gone)(const struct fanout_item *item);
	/* All engines have answered.  May be NULL. */
	void (*settle)(struct ask *a);
	/* Of each engine that answered, also where it refused, because it may have done a part; or
	 * whatever else shows the change (into a->refreshes).  Both NULL: nothing has changed. */
	void (*refresh_each)(struct refresh *r, struct engine *e, struct task *waiter);
	void (*refresh)(struct ask *a);
	/* Do the records show it?  They are refreshed again until they do, for some seconds.  NULL:
	 * they do. */
	bool (*is_shown)(const struct ask *a);
	/* The answer, malloc'd.  NULL with err: that is it.  Without this function it is the text
	 * of the first engine that succeeded. */
	char *(*answer)(struct ask *a, size_t *ret_len, struct error *err);
	/* Instead, where it may be long: what the fan-out's reader has taken. */
	void (*write)(struct ask *a, struct evbuffer *to);
	/* Instead, a list of objects; what it is told is lent until it is written. */
	struct object_list *(*list)(struct ask *a, struct error *err);
	void (*finish)(struct ask *a); /* of what the struct holds; may be NULL */
};

struct ask {
	struct errand errand;
	const struct ask_kind *kind;
	enum ask_order order; /* the kind's; prepare may say another */
	struct fanout fanout; /* in the order of adding */
	/* Set by prepare, where needed: */
	struct strv unasked;      /* "node-2: the node is unhealthy": failures without a call */
	const bool *before_done;  /* engines are asked when this is true, ... */
	struct error *before_err; /* ... unless this is set then */
	int status;               /* of the answer; 0: as the first engine that succeeded, or 200 */
	struct refreshes refreshes;
	/* Private. */
	char *body; /* owned; of every call; NULL: none */
	size_t body_len;
	unsigned looks;
	struct object_list *list; /* owned */
	struct strbuf list_text;  /* so far */
};

static inline struct request *ask_request(const struct ask *a)
{
	return a->errand.rq;
}

struct ask *ask_create(struct request *rq, const struct ask_kind *kind);
/* Owned by the request from here. */
void ask_start(struct ask *a);
static inline void ask_run(struct request *rq, const struct ask_kind *kind)
{
	ask_start(ask_create(rq, kind));
}

/* For prepare: asked with the request's method, this path (encoded, without version), and this
 * query
 * ("" for none; NULL: the client's). */
struct fanout_item *ask_add(struct ask *a, struct engine *e, const char *path, const char *query);
/* All healthy engines, in natural order of their names; err when there is none. */
bool ask_add_healthy(struct ask *a, const char *path, struct error *err);
/* JSON, for all of them. */
void ask_set_body(struct ask *a, yyjson_mut_doc *doc);

/* The first engine that succeeded; NULL: none. */
const struct fanout_item *ask_first_success(const struct ask *a);
