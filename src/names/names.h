/*
 * names/names.h - a DNS server for what runs in the pool.
 *
 * It answers by UDP and TCP, from memory, and asks nobody: names outside its domain are refused.
 * Every manager answers, whoever leads.  A client that asks too often gets no answer.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct manager;
struct names;
struct publish;

struct names_config {
	const char *host; /* IP literal to listen on, "" for all */
	uint16_t port;
	const char *domain;            /* as zone_domain_parse gives it */
	const struct publish *publish; /* borrowed; NULL: ports are not relayed */
};

/* Text of c is copied.  NULL: it cannot listen there. */
struct names *names_create(
	struct manager *m, const struct names_config *c, struct error *err) must_check;
/* Before the cluster's end; NULL is fine. */
void names_destroy(struct names *n);
