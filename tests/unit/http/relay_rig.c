#include "relay_rig.h"

#include <unistd.h>

#include "base/mem.h"

/* What a handler does: answer when there was no answer, and give the exchange back. */
static void owner_finish(struct rig *r)
{
	if (r->relay.state == RELAY_NO_ANSWER)
		exchange_reply(
			r->x, 502, "text/plain", r->relay.err.text, strlen(r->relay.err.text));
	exchange_finish(steal(r->x));
}

static enum task_turn owner_wait(struct task *t)
{
	struct rig *r = container_of(t, struct rig, owner);

	if (r->x && relay_over(&r->relay) && !r->keep)
		owner_finish(r);
	return TASK_WAIT;
}
STEP(owner_wait);

static void handle(struct exchange *x, void *arg)
{
	struct rig *r = arg;

	r->x = x;
	request_head_finish(&r->relay.head);
	request_head_copy(&r->relay.head, &x->head);
	relay_start(&r->relay, r->loop, x, r->endpoint, &r->owner);
}

void rig_start(struct rig *r)
{
	struct endpoint_config config = { .host_header = "engine" };
	auto_free char *address = NULL;

	*r = (struct rig){ .loop = loop_create() };
	r->listener = raw_listen(&address);
	assert_true(address_parse(&config.address, address, NULL));
	r->endpoint = endpoint_create(r->loop, &config);
	address_finish(&config.address);
	task_init(&r->owner, r->loop, &owner_wait_step, NULL);
	r->server = http_server_create(
		r->loop, &(struct http_server_config){ .handle = handle, .arg = r });
	http_server_take(r->server, raw_pair(r->loop, &r->client));
}

void rig_stop(struct rig *r)
{
	relay_finish(&r->relay);
	exchange_finish(steal(r->x));
	http_server_destroy(r->server);
	endpoint_destroy(r->endpoint, "test over");
	task_finish(&r->owner);
	raw_close(&r->client);
	raw_close(&r->peer);
	close(r->listener);
	loop_turn(r->loop, 0);
	loop_destroy(r->loop);
}

void accept_peer(struct rig *r)
{
	turn_until(r->loop, raw_accept(r->listener, &r->peer));
}

void ask(struct rig *r, const char *request)
{
	raw_send(&r->client, request);
	accept_peer(r);
	turn_until(r->loop, raw_has(&r->peer, "\r\n\r\n"));
}

void wait_over(struct rig *r)
{
	turn_until(r->loop, relay_over(&r->relay) && (!r->x || r->keep));
}
