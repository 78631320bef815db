/*
 * cmd/invite.h - what to type on another host, so that it becomes a member of a manager that keeps
 * its members itself.
 */
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/strv.h"

struct invitation {
	const char *program; /* "swarm" */
	const char *token;
	const char *advertise;        /* host:port of the manager; NULL: from what it listens on */
	const struct strv *listening; /* "host:port" as bound, or paths */
	const char *host_ip;          /* stands for "all addresses"; NULL: unknown */
	bool tls, verify;             /* the API speaks TLS; and wants to see certificates */
};

/* A few lines for a terminal, with the command on a line of its own; or what keeps others out. */
void invite_format(struct strbuf *sb, const struct invitation *in);

/* The address of this host on its way to others; NULL when it has none.  Caller frees. */
char *invite_host_ip(void) must_check;
