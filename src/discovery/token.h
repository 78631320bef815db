/*
 * discovery/token.h - members at a hub (token:// with TLS, token+http:// without); for discovery/
 * only.
 *
 * The list is read at every heartbeat.  A hub that sends X-Swarm-Index can hold the answer back
 * until the list changes; then it is asked again at once, and changes show without delay.
 */
#pragma once

#include "discovery/discovery.h"

bool token_check(const struct discovery_url *url, const struct strv *options, struct error *err);
struct discovery *token_create(const struct discovery_config *config);
struct registration *token_enroll(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, const struct registration_config *config, struct error *err);

/* The addresses in an answer of a hub, in its order; empty ones are skipped.  ret_bad gets why of
 * what is no address.  False when it is no array of strings. */
bool token_read_members(const char *text, size_t len, struct strv *ret_members,
	struct strv *ret_bad, struct error *err);
