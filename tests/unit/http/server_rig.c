#include "server_rig.h"

#include "base/mem.h"

static enum task_turn count_wake(struct task *t)
{
	container_of(t, struct rig, waiter)->wakes++;
	return TASK_WAIT;
}
STEP(count_wake);

static void keep(struct exchange *x, void *arg)
{
	struct rig *r = arg;

	assert_true(r->count < ARRAY_SIZE(r->x));
	exchange_set_waiter(x, &r->waiter);
	r->x[r->count++] = x;
}

void rig_start(struct rig *r, struct http_server_config config)
{
	*r = (struct rig){ .loop = loop_create() };
	config.handle = keep;
	config.arg = r;
	task_init(&r->waiter, r->loop, &count_wake_step, NULL);
	r->server = http_server_create(r->loop, &config);
	http_server_take(r->server, raw_pair(r->loop, &r->client));
}

void rig_stop(struct rig *r)
{
	for (size_t i = 0; i < r->count; i++)
		exchange_finish(r->x[i]);
	http_server_destroy(r->server);
	task_finish(&r->waiter);
	raw_close(&r->client);
	loop_turn(r->loop, 0);
	loop_destroy(r->loop);
}

struct exchange *next_exchange(struct rig *r)
{
	turn_until(r->loop, r->count > 0);
	struct exchange *x = r->x[0];
	memmove(r->x, r->x + 1, --r->count * sizeof(x));
	return x;
}

void reply_and_finish(struct exchange *x, const char *text)
{
	exchange_reply(x, 200, "text/plain", text, strlen(text));
	exchange_finish(x);
}
