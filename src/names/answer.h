/*
 * names/answer.h - what is said to a question, from what the manager knows at that moment.
 *
 * A container that runs, and is healthy if it has a check, leads to where its published ports
 * answer: the address they are bound to, or that of its node; or the manager's own, when all of
 * them are relayed there.  One on its node's network leads to the node.  Other addresses of
 * containers mean nothing outside their network, and are not told.
 */
#pragma once

#include "names/directory.h"
#include "names/packet.h"

struct publish;

struct answer_source {
	struct directory *directory;
	const struct publish *publish; /* NULL: ports are not relayed */
	const char *domain;            /* as zone_domain_parse gives it */
	const char *local_ip;          /* that the client wrote to; "": not known */
	uint32_t turn;                 /* another one each time: who is named first */
};

/* Into a zeroed answer, which packet_answer_finish ends. */
void answer_fill(
	struct packet_answer *ret, const struct answer_source *s, const struct packet_query *q);
