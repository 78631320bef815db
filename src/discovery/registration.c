/* discovery/registration.c - a beat at every interval, and back-off after a failure. */
#include "discovery/registration.h"

#include <assert.h>

#include "discovery/discovery.h"
#include "discovery/registration_private.h"

struct registration *registration_create(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config, struct error *err)
{
	assert(config->heartbeat_ms > 0 && config->ttl_ms > config->heartbeat_ms);
	if (!discovery_url_check(url, options, err))
		return NULL;
	if (!url->scheme->enroll) {
		error_set(err, ERROR_UNSUPPORTED,
			"not implemented in this discovery service: the members of a list or file "
			"do not register");
		return NULL;
	}
	return url->scheme->enroll(loop, url, options, config, err);
}

void registration_release(struct registration *r)
{
	r->backend->release(r);
}

void registration_reload(struct registration *r)
{
	r->backend->reload(r);
}

void registration_destroy(struct registration *r)
{
	if (r)
		r->backend->destroy(r);
}
