/* manager/knock.c - GET /_ping. */
#include "manager/knock.h"

#include "base/mem.h"
#include "net/address.h"

static bool open_endpoint(struct knock *k, struct cluster *cluster, const char *text)
{
	struct address address;

	if (!address_parse(&address, text, NULL))
		return false;
	k->endpoint = endpoint_create(cluster->loop,
		&(struct endpoint_config){
			.address = address,
			.tls = address.kind == ADDRESS_UNIX ? NULL : cluster->config.tls,
			.connect_timeout_ms = KNOCK_TIMEOUT_MS,
		});
	address_finish(&address);
	return true;
}

void knock_send(struct knock *k, struct cluster *cluster, struct engine *engine,
	const char *address, struct task *t)
{
	knock_finish(k);
	call_init(&k->call, "GET", "/_ping");
	k->call.mode = CALL_TEXT;
	k->call.head_timeout_ms = KNOCK_TIMEOUT_MS;
	if (engine)
		remote_send(&k->call, &engine->remote, t);
	else if (open_endpoint(k, cluster, address))
		call_send(&k->call, k->endpoint, t);
	else
		k->call.done = true;
}

bool knock_was_answered(const struct knock *k)
{
	return k->call.done && k->call.answer.status;
}

void knock_finish(struct knock *k)
{
	call_finish(&k->call);
	if (k->endpoint)
		endpoint_destroy(steal(k->endpoint), "asked");
}
