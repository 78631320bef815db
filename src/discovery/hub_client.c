/* discovery/hub_client.c - one call, and what its answer means. */
#include "discovery/hub_client.h"

#include <string.h>

#include "base/mem.h"

#define CONNECT_MS (5 * 1000)
#define ANSWER_MS  (10 * 1000)
#define MAX_ANSWER (64 * 1024 * 1024)

static bool create_tls(struct hub_client *h, const struct hub_options *o, struct error *err)
{
	struct tls_files files = {
		.ca_file = o->ca_file,
		.cert_file = o->cert_file,
		.key_file = o->key_file,
	};

	h->tls = tls_client_create(&files, TLS_VERIFY_SYSTEM, err);
	return h->tls != NULL;
}

bool hub_client_init(struct hub_client *h, struct loop *loop, const struct hub_url *url,
	const struct hub_options *options, struct error *err)
{
	*h = (struct hub_client){ 0 };
	if (url->tls && !create_tls(h, options, err))
		return false;
	h->clusters = xasprintf("%s/clusters", url->base);
	return way_init(&h->way, loop,
		&(struct endpoint_config){
			.address = url->address,
			.tls = h->tls,
			.connect_timeout_ms = CONNECT_MS,
		},
		err);
}

void hub_client_finish(struct hub_client *h)
{
	way_finish(&h->way, "the hub is not needed any more");
	tls_context_unref(h->tls);
	free(h->clusters);
	*h = (struct hub_client){ 0 };
}

bool hub_client_reload(struct hub_client *h, struct error *err)
{
	return !h->tls || tls_context_reload(h->tls, err);
}

void hub_client_call(
	const struct hub_client *h, struct call *c, const char *method, const char *suffix)
{
	auto_free char *target = xasprintf("%s%s", h->clusters, suffix);

	way_call_init(&h->way, c, method, target);
	c->mode = CALL_TEXT;
	c->max_body = MAX_ANSWER;
	c->head_timeout_ms = ANSWER_MS;
	c->idle_timeout_ms = ANSWER_MS;
}

void hub_client_send(const struct hub_client *h, struct call *c, struct task *waiter)
{
	call_send(c, h->way.endpoint, waiter);
}

bool hub_client_check(const struct call *c, struct error *err)
{
	if (error_is_set(&c->err)) {
		if (err)
			error_copy(err, &c->err);
		return false;
	}
	if (c->answer.status >= 200 && c->answer.status < 300)
		return true;
	auto_free char *text = call_error_text(c);
	return error_set_status(err, c->answer.status,
		"Discovery service returned %d HTTP status code: %s", c->answer.status, text);
}
