/*
 * api/replica.c - requests that the leader answers.
 *
 *   choose -> we lead: answered here
 *          -> there is a leader: relay -> over, or not answered: choose again when nothing can
 *             have been done, else refuse
 *          -> nobody leads: wait, choose again; refuse when that takes too long
 */
#include "api/replica.h"

#include <string.h>

#include "api/browser.h"
#include "api/errand.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/relay.h"
#include "net/address.h"

enum {
	WAIT_MS = 10 * 1000,       /* for a leader */
	PASSED_WAIT_MS = 2 * 1000, /* for becoming it, when another replica takes us for it */
	RETRY_MS = 500,            /* after a leader that could not be reached */
	CONNECT_MS = 5 * 1000,
	ACTIVE_MAX = 4096, /* as many as clients: each may have a stream that lasts */
};

/* The address of the replica that passes the request on. */
static const char passed_by[] = "X-Swarm-Replica";
/* Whom it does that for. */
static const char passed_for[] = "X-Swarm-Client";

struct replica {
	struct loop *loop;
	char *address;           /* owned */
	struct tls_context *tls; /* counted */
	bool (*leads)(void *arg);
	void *arg;
	char *leader;              /* owned; "" for none */
	struct endpoint *endpoint; /* of the leader; owned; NULL: none, or ourselves */
	struct list waiting;       /* struct pass::link */
};

struct pass {
	struct errand errand;
	struct list link;        /* replica::waiting; empty while not in it */
	struct replica *replica; /* borrowed */
	struct relay relay;
	int64_t deadline_ms;
	struct error reason; /* why the last leader did not answer */
	void (*go_on)(struct request *rq);
};

STEP(pass_choose);
STEP(pass_relayed);

/* --- who leads --- */

struct replica *replica_create(struct loop *loop, const struct replica_config *config)
{
	struct replica *r = xnew(struct replica);

	*r = (struct replica){
		.loop = loop,
		.address = xstrdup(config->address),
		.tls = config->tls ? tls_context_ref(config->tls) : NULL,
		.leads = config->leads,
		.arg = config->arg,
		.leader = xstrdup(""),
	};
	list_init(&r->waiting);
	return r;
}

void replica_destroy(struct replica *r)
{
	if (!r)
		return;
	if (r->endpoint)
		endpoint_destroy(r->endpoint, "the manager stops");
	tls_context_unref(r->tls);
	free(r->leader);
	free(r->address);
	free(r);
}

static struct endpoint *open_endpoint(const struct replica *r)
{
	struct endpoint_config config = {
		.tls = r->tls,
		.connect_timeout_ms = CONNECT_MS,
		.max_active = ACTIVE_MAX,
	};
	auto_error struct error err = ERROR_INIT;
	struct endpoint *e = NULL;

	if (address_parse(&config.address, r->leader, &err))
		e = endpoint_create(r->loop, &config);
	else
		log_error("The primary's address in the store is none: %s", error_text(&err));
	address_finish(&config.address);
	return e;
}

void replica_set_leader(struct replica *r, const char *address)
{
	struct pass *p, *tmp;

	if (!address)
		address = "";
	if (strcmp(r->leader, address) != 0) {
		/* Without a leader the last one may still answer what it was asked. */
		if (r->endpoint && *address)
			endpoint_destroy(steal(r->endpoint), "another manager leads now");
		free(r->leader);
		r->leader = xstrdup(address);
	}
	if (*address && strcmp(address, r->address) != 0 && !r->endpoint)
		r->endpoint = open_endpoint(r);
	list_for_each_safe (p, tmp, &r->waiting, link)
		task_wake(&p->errand.task);
}

bool replica_leads(const struct replica *r)
{
	return r->leads(r->arg);
}

const char *replica_leader(const struct replica *r)
{
	return r->leader;
}

/* --- one request --- */

static void pass_finish(struct errand *e)
{
	struct pass *p = container_of(e, struct pass, errand);

	relay_finish(&p->relay);
	list_remove(&p->link);
	error_clear(&p->reason);
}

static enum task_turn refuse(struct pass *p)
{
	auto_free char *leader = xstrdup(p->replica->leader);
	auto_error struct error reason = ERROR_INIT, err = ERROR_INIT;

	error_move(&reason, &p->reason);
	if (error_is_set(&reason))
		error_set(&err, ERROR_NO_LEADER, "Unable to reach primary cluster manager (%s): %s",
			error_text(&reason), leader);
	else
		error_set(&err, ERROR_NO_LEADER,
			"No primary cluster manager is elected at the moment: try again");
	return errand_fail(&p->errand, &err);
}

static enum task_turn relay(struct pass *p)
{
	const struct request_head *asked = &p->errand.rq->x->head;
	struct relay *r = &p->relay;

	list_remove(&p->link);
	relay_finish(r);
	*r = (struct relay){
		.hijack = request_may_hijack(p->errand.rq),
		.head_timeout_ms = -1, /* the leader knows how long its engines may take */
		.idle_timeout_ms = -1,
	};
	request_head_init(&r->head, asked->method, asked->target);
	headers_copy(&r->head.headers, &asked->headers);
	browser_pass_on(&r->head.headers);
	headers_set(&r->head.headers, passed_by, p->replica->address);
	headers_set(&r->head.headers, passed_for, request_client(p->errand.rq));
	relay_start(r, p->replica->loop, p->errand.rq->x, p->replica->endpoint, &p->errand.task);
	return task_wait(&p->errand.task, &pass_relayed_step); /* streams may be silent for weeks */
}

static enum task_turn wait_for_leader(struct pass *p, int64_t ms)
{
	list_remove(&p->link);
	list_push_back(&p->replica->waiting, &p->link);
	errand_watch_client(&p->errand);
	return task_wait_ms(&p->errand.task, &pass_choose_step, max_of(ms, (int64_t)0));
}

static enum task_turn pass_choose(struct task *t)
{
	struct pass *p = container_of(t, struct pass, errand.task);
	const struct replica *r = p->replica;
	int64_t left_ms = p->deadline_ms - clock_mono_ms();

	if (p->errand.rq->x->gone)
		return errand_end(&p->errand);
	if (replica_leads(r)) {
		void (*go_on)(struct request * rq) = p->go_on;

		go_on(errand_detach(&p->errand));
		return TASK_WAIT;
	}
	if (*r->leader && r->endpoint && !p->errand.rq->passed_on)
		return relay(p);
	return left_ms > 0 ? wait_for_leader(p, left_ms) : refuse(p);
}

/* Asked twice it means the same, and nothing of a body is gone. */
static bool may_ask_again(const struct pass *p)
{
	const char *method = p->errand.rq->x->head.method;

	return (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	       p->relay.request_bytes == 0 && clock_mono_ms() < p->deadline_ms;
}

static enum task_turn pass_relayed(struct task *t)
{
	struct pass *p = container_of(t, struct pass, errand.task);
	struct relay *r = &p->relay;

	if (!relay_over(r))
		return task_wait(t, &pass_relayed_step); /* see relay() */
	if (r->state == RELAY_NO_ANSWER) {
		error_copy(&p->reason, &r->err);
		return may_ask_again(p) ? wait_for_leader(p, RETRY_MS) : refuse(p);
	}
	if (r->state == RELAY_BROKEN)
		log_fields(LOG_WARN, "Answer of the primary broke off", "error",
			error_text(&r->err), "uri", p->errand.rq->path, NULL);
	return errand_end(&p->errand);
}

void replica_read_fields(struct request *rq)
{
	struct headers *fields = &rq->x->head.headers;

	rq->passed_on = headers_get(fields, passed_by) != NULL;
	if (exchange_peer_may_serve(rq->x))
		rq->client = xstrdup_null(headers_get(fields, passed_for));
	headers_remove(fields, passed_by);
	headers_remove(fields, passed_for);
}

void replica_pass(struct request *rq, void (*go_on)(struct request *rq))
{
	struct pass *p = errand_create(rq, sizeof(*p), &pass_choose_step, pass_finish);

	p->go_on = go_on;
	p->replica = rq->api->config.replica;
	p->deadline_ms = clock_mono_ms() + (rq->passed_on ? PASSED_WAIT_MS : WAIT_MS);
	list_init(&p->link);
	errand_start(&p->errand);
}
