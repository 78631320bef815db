#include "client_rig.h"

#include <unistd.h>

#include "base/mem.h"

static enum task_turn do_nothing(struct task *t maybe_unused)
{
	return TASK_WAIT;
}
STEP(do_nothing);

void rig_start(struct rig *r, struct endpoint_config config)
{
	auto_free char *address = NULL;

	*r = (struct rig){ .loop = loop_create() };
	r->listener = raw_listen(&address);
	assert_true(address_parse(&config.address, address, NULL));
	r->endpoint = endpoint_create(r->loop, &config);
	address_finish(&config.address);
	task_init(&r->waiter, r->loop, &do_nothing_step, NULL);
}

void rig_stop(struct rig *r)
{
	call_finish(&r->call);
	endpoint_destroy(r->endpoint, "test over");
	task_finish(&r->waiter);
	raw_close(&r->peer);
	close(r->listener);
	loop_turn(r->loop, 0);
	loop_destroy(r->loop);
}

void send_call(struct rig *r, struct call *c)
{
	call_send(c, r->endpoint, &r->waiter);
}

void start(struct rig *r, const char *method, const char *target)
{
	call_finish(&r->call);
	call_init(&r->call, method, target);
	send_call(r, &r->call);
}

void accept_peer(struct rig *r)
{
	raw_close(&r->peer);
	turn_until(r->loop, raw_accept(r->listener, &r->peer));
}

void expect_request(struct rig *r, const char *text)
{
	turn_until(r->loop, raw_has(&r->peer, text));
	raw_forget(&r->peer);
}

void wait_done(struct rig *r)
{
	turn_until(r->loop, r->call.done);
}

void assert_body(const struct call *c, const char *text)
{
	assert_int_equal(evbuffer_get_length(c->in), strlen(text));
	if (*text)
		assert_memory_equal(evbuffer_pullup(c->in, -1), text, strlen(text));
}
