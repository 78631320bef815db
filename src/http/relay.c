/*
 * http/relay.c - one task between an exchange and a call.
 *
 * Both sides wake the pump; whatever the reason, it looks at everything: is the client gone, can
 * body go to the peer, is the answer's head there, can body go to the client, is it over.  So there
 * is no order of events to think about.  Nothing here has a deadline: the call has its budgets, and
 * a client may take as long as it likes.
 */
#include "http/relay.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "net/tunnel.h"

enum {
	HOLD_BODY_MAX = 1024 * 1024, /* longer bodies are not held */
};

STEP(relay_pump);

static enum task_turn relay_over_as(struct relay *r, enum relay_state state)
{
	r->state = state;
	if (r->exchange)
		exchange_set_waiter(r->exchange, NULL);
	r->exchange = NULL;
	task_wake(r->waiter);
	return TASK_DONE;
}

/* --- the request --- */

static bool wants_stream(const struct relay *r)
{
	return r->hijack || exchange_asks_upgrade(r->exchange);
}

/* A wish to upgrade concerns one hop, so it is expressed again for the next. */
static void add_upgrade(struct relay *r, struct headers *to)
{
	const char *protocol = headers_get(&r->exchange->head.headers, "Upgrade");

	if (!exchange_asks_upgrade(r->exchange))
		return;
	headers_set(to, "Connection", "Upgrade");
	headers_set(to, "Upgrade", protocol);
}

static void prepare_call(struct relay *r)
{
	struct call *c = &r->call;
	int64_t length = r->exchange->body_length;

	*c = (struct call){ .mode = CALL_STREAM, .length = -1 };
	request_head_copy(&c->head, &r->head);
	c->head.minor = 1;
	headers_remove_hop_by_hop(&c->head.headers);
	headers_remove(&c->head.headers, "Expect"); /* answered by us */
	add_upgrade(r, &c->head.headers);
	c->stream_body = length != 0;
	c->stream_length = length;
	c->hijack = c->fresh_connection = wants_stream(r);
	c->head_timeout_ms = r->head_timeout_ms;
	c->idle_timeout_ms = r->idle_timeout_ms;
	c->stream_mark = (r->hold_head && r->hold_body) || r->hold_tail ? HOLD_BODY_MAX : 0;
}

/* Fields that frame or route a message have no business behind its body (RFC 9110 6.5.1). */
static bool may_be_trailer(const char *name)
{
	static const char *const never[] = { "Content-Length", "Transfer-Encoding", "Host",
		"Connection", "Trailer", "Upgrade", "TE", "Content-Encoding", "Content-Type",
		"Authorization", "Set-Cookie" };

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (strcasecmp(name, never[i]) == 0)
			return false;
	return true;
}

static void forward_request_trailers(struct relay *r)
{
	const struct headers *h = &r->exchange->trailers;

	for (size_t i = 0; i < h->count; i++)
		if (may_be_trailer(h->items[i].name))
			call_add_trailer(&r->call, h->items[i].name, h->items[i].value);
}

static void relay_upload(struct relay *r)
{
	struct exchange *x = r->exchange;
	size_t len = evbuffer_get_length(x->body);

	if (r->uploaded || r->call.done || call_is_full(&r->call))
		return;
	if (!r->call.head_done)
		exchange_continue(x);
	if (len > 0) {
		r->request_bytes += len;
		call_write_buffer(&r->call, x->body);
	}
	if (!x->body_complete)
		return;
	forward_request_trailers(r);
	call_end_body(&r->call);
	r->uploaded = true;
}

/* --- the answer's head --- */

static bool body_is_held(const struct relay *r)
{
	return r->hold_body && !r->call.done && !call_offers_stream(&r->call) &&
	       evbuffer_get_length(r->call.in) < HOLD_BODY_MAX;
}

static bool must_hold(struct relay *r)
{
	if (!r->hold_head || r->released || body_is_held(r))
		return r->hold_head && !r->released;
	if (r->state == RELAY_RUNNING) {
		r->state = RELAY_HELD;
		task_wake(r->waiter);
	}
	return true;
}

/* The peer's fields win over those that the owner has put there before. */
static void take_fields(struct relay *r, struct headers *from)
{
	struct headers *to = &r->exchange->answer;

	for (size_t i = 0; i < from->count; i++)
		headers_remove(to, from->items[i].name);
	headers_copy(to, from);
}

static void send_head(struct relay *r)
{
	struct response_head head;

	response_head_copy(&head, &r->call.answer);
	headers_remove_hop_by_hop(&head.headers);
	if (r->edit_head)
		r->edit_head(r, &head);
	take_fields(r, &head.headers);
	exchange_start_reason(
		r->exchange, head.status, head.reason, r->hold_end ? -1 : r->call.length);
	response_head_finish(&head);
	r->head_sent = true;
}

/* --- the tunnel --- */

static void hold_at_end(struct relay *r)
{
	if (r->state != RELAY_RUNNING)
		return;
	r->state = RELAY_HELD_AT_END;
	task_wake(r->waiter);
}

static void handle_tunnel_held(void *arg)
{
	struct relay *r = arg;

	assert(r->tunnel);
	hold_at_end(r);
}

static void handle_tunnel_over(void *arg, const struct tunnel_result *result)
{
	struct relay *r = arg;

	assert(r->tunnel);
	r->tunnel = NULL;
	r->request_bytes += result->bytes_ab;
	r->answer_bytes += result->bytes_ba;
	if (result->err)
		error_copy(&r->err, result->err);
	relay_over_as(r, RELAY_TUNNELLED);
}

/* The head goes as the peer wrote it: "101 UPGRADED" is what clients have always seen. */
static enum task_turn relay_become_tunnel(struct relay *r)
{
	auto_evbuffer struct evbuffer *head = evbuffer_new();
	struct exchange *x = r->exchange;

	if (r->edit_head)
		r->edit_head(r, &r->call.answer);
	response_head_write(&r->call.answer, head);
	exchange_write_raw(x, head);
	struct stream *client = exchange_take_stream(x);
	struct stream *peer = call_take_stream(&r->call);
	if (!client || !peer) {
		stream_destroy(client, "peer lost");
		stream_destroy(peer, "client lost");
		return relay_over_as(r, peer ? RELAY_CLIENT_GONE : RELAY_BROKEN);
	}
	r->head_sent = true;
	exchange_set_waiter(x, NULL);
	r->tunnel = tunnel_create(r->pump.loop, client, peer, handle_tunnel_over, r);
	if (r->hold_end)
		tunnel_hold_end(r->tunnel, handle_tunnel_held);
	return TASK_DONE;
}

/* --- the answer's body --- */

static bool tail_is_held(const struct relay *r, size_t len)
{
	return r->hold_tail && !r->end_released && len < HOLD_BODY_MAX &&
	       !error_is_set(&r->call.err);
}

static void relay_download(struct relay *r)
{
	size_t len = evbuffer_get_length(r->call.in);

	if (len == 0 || exchange_is_full(r->exchange) || tail_is_held(r, len))
		return;
	r->answer_bytes += len;
	exchange_write_buffer(r->exchange, r->call.in);
	call_resume(&r->call);
}

/* What the peer has sent and the client does not take yet is this client's as well. */
static void charge(const struct relay *r)
{
	exchange_charge(r->exchange, evbuffer_get_length(r->call.in));
}

static void forward_answer_trailers(struct relay *r)
{
	const struct headers *h = &r->call.trailers;

	for (size_t i = 0; i < h->count; i++)
		if (may_be_trailer(h->items[i].name))
			exchange_add_trailer(r->exchange, h->items[i].name, h->items[i].value);
}

static bool end_is_held(struct relay *r)
{
	if (!r->hold_end || r->end_released)
		return false;
	hold_at_end(r);
	return true;
}

static enum task_turn relay_complete(struct relay *r)
{
	if (error_is_set(&r->call.err)) {
		error_copy(&r->err, &r->call.err);
		return relay_over_as(r, RELAY_BROKEN);
	}
	if (end_is_held(r))
		return TASK_WAIT;
	forward_answer_trailers(r);
	exchange_end(r->exchange);
	return relay_over_as(r, RELAY_DONE);
}

static enum task_turn relay_client_gone(struct relay *r)
{
	if (error_is_set(&r->exchange->body_err))
		error_copy(&r->err, &r->exchange->body_err);
	else
		error_set(&r->err, ERROR_CANCELLED, "the client went away");
	call_finish(&r->call);
	return relay_over_as(r, RELAY_CLIENT_GONE);
}

static enum task_turn relay_no_answer(struct relay *r)
{
	error_copy(&r->err, &r->call.err);
	return relay_over_as(r, RELAY_NO_ANSWER);
}

static enum task_turn relay_pump(struct task *t)
{
	struct relay *r = container_of(t, struct relay, pump);

	if (r->exchange->gone)
		return relay_client_gone(r);
	relay_upload(r);
	if (!r->call.head_done)
		return r->call.done ? relay_no_answer(r) : TASK_WAIT;
	if (!r->head_sent) {
		if (must_hold(r)) {
			charge(r);
			return TASK_WAIT;
		}
		if (call_offers_stream(&r->call))
			/* the request's body comes before the stream */
			return r->uploaded ? relay_become_tunnel(r) : TASK_WAIT;
		send_head(r);
	}
	relay_download(r);
	charge(r);
	if (r->call.done && (evbuffer_get_length(r->call.in) == 0 || tail_is_held(r, 0)))
		return relay_complete(r);
	return TASK_WAIT;
}

/* --- the owner's side --- */

void relay_start(struct relay *r, struct loop *loop, struct exchange *x, struct endpoint *to,
	struct task *waiter)
{
	metric_inc(METRIC_relays_total);
	r->exchange = x;
	r->waiter = waiter;
	r->state = RELAY_RUNNING;
	r->uploaded = x->body_length == 0;
	exchange_want_body(x);
	prepare_call(r);
	task_init(&r->pump, loop, &relay_pump_step, NULL);
	exchange_set_waiter(x, &r->pump);
	call_send(&r->call, to, &r->pump);
	task_start(&r->pump);
}

void relay_release(struct relay *r)
{
	if (r->state == RELAY_HELD_AT_END) {
		r->end_released = true;
		if (r->tunnel)
			tunnel_release_end(r->tunnel);
	} else if (r->state == RELAY_HELD) {
		r->released = true;
		r->call.stream_mark = 0;
	} else {
		return;
	}
	r->state = RELAY_RUNNING;
	task_wake(&r->pump);
}

void relay_finish(struct relay *r)
{
	if (!r)
		return;
	if (r->exchange)
		exchange_set_waiter(r->exchange, NULL);
	task_finish(&r->pump);
	if (r->tunnel)
		tunnel_destroy(r->tunnel);
	call_finish(&r->call);
	request_head_finish(&r->head);
	error_clear(&r->err);
	*r = (struct relay){ 0 };
}
