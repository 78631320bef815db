/*
 * register/options.h - what --register and --register-opt say; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"

struct layout;

struct register_options {
	const struct layout *layout;
	char *store;               /* for kv_open: "host:port,host:port/prefix"; owned */
	char *base;                /* where records begin, for layouts of keys; owned; "" */
	struct strv store_options; /* kv.* */
	char *cluster;             /* whose records are ours; owned */
	bool internal, named_only; /* as in struct service_terms; so are the next two */
	char *ip_label, *tags;     /* owned; NULL: not given */
	int64_t grace_ms;    /* that the records of a node live when the node is not heard of */
	int64_t drain_ms;    /* between the end of a record and that of its container */
	int64_t resync_ms;   /* between two readings of the whole registry */
	int64_t lock_ttl_ms; /* after which a manager that was killed is replaced */
	bool dry_run;        /* all is read, nothing is written */
};

/* "consul://host:port/prefix"; options are "key=value" each, of which the last counts. */
bool register_options_parse(struct register_options *ret, const char *url,
	const struct strv *options, struct error *err);
/* Zeroed memory is fine. */
void register_options_finish(struct register_options *o);
/* Lines for the help: what options there are. */
extern const char *const register_option_lines[];
