/*
 * cmd/probe.h - does a Docker engine answer at the address that an agent advertises?
 *
 * Looks at once and then at every heartbeat, and logs one line whenever the verdict changes.  It
 * never stops anything: the engine may start after its agent, and be reachable only for managers.
 */
#pragma once

#include "base/strbuf.h"
#include "http/client.h"

enum probe_verdict {
	PROBE_UNKNOWN, /* not asked yet */
	PROBE_GOOD,
	PROBE_TLS,         /* an engine that wants TLS, which an agent has no certificate for */
	PROBE_UNREACHABLE, /* refused, silent, unknown name */
	PROBE_STRANGER,    /* something answers, but no Docker engine */
	PROBE_TOO_OLD,
};

struct probe {
	struct task task;
	struct endpoint *engine; /* owned */
	struct call call;
	const char *address; /* borrowed */
	int64_t interval_ms;
	enum probe_verdict verdict;
};

/* address is "host:port". */
void probe_start(struct probe *p, struct loop *loop, const char *address, int64_t interval_ms);
/* Zeroed memory is fine. */
void probe_finish(struct probe *p);

/* What the answer to GET /_ping says; ret_text gets the line to log.  For tests. */
enum probe_verdict probe_judge(const struct call *c, const char *address, struct strbuf *ret_text);
