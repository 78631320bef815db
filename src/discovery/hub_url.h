/*
 * discovery/hub_url.h - which hub is meant, and which of its clusters.
 *
 * A hub serves the protocol of token:// discovery below a base path.  The public one that
 * "token://T" stood for is gone, so a bare token needs token.url beside it, or SWARM_HUB_URL.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"
#include "net/address.h"

enum { TOKEN_MAX_LEN = 64 };

struct hub_url {
	bool tls;
	struct address address; /* TCP; owned */
	char *base;             /* "/v1": no slash at the end, may be ""; owned */
};

/* What --discovery-opt says about it; NULL: not given.  All borrowed. */
struct hub_options {
	const char *url;     /* token.url: of the hub, when the discovery URL names only a token */
	const char *ca_file; /* token.cacertfile: trusted beside the system's authorities */
	const char *cert_file, *key_file; /* token.certfile, token.keyfile: ours */
};

/* 1 to 64 of 0-9 A-Z a-z _ -. */
bool token_is_valid(const char *token);

/* Keys that do not start with "token." belong to others; of a repeated one the last counts.
 * Errors: an unknown "token." key, a certificate without its key. */
bool hub_options_parse(struct hub_options *ret, const struct strv *options, struct error *err);
/* "http://host[:port][/base]", or https; "/v1" when there is no path. */
bool hub_url_parse(struct hub_url *ret, const char *text, struct error *err);
/* What follows token:// (tls) or token+http://: "T", or "host[:port][/base]/T". */
bool hub_url_parse_token(struct hub_url *ret, char **ret_token, bool tls, const char *rest,
	const struct hub_options *options, struct error *err);
void hub_url_finish(struct hub_url *url);
#define auto_hub_url __attribute__((cleanup(hub_url_finish)))
