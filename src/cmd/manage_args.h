/*
 * cmd/manage_args.h - `swarm manage` as typed: one member for each row of its options.
 */
#pragma once

#include "base/strv.h"
#include "cmd/command.h"

/* Where the members are kept when nothing else is said. */
#define DEFAULT_STATE_DIR "/var/lib/swarm"

/* Unchecked; owned by whoever parsed them. */
struct manage_args {
	char *strategy;
	struct strv filters;
	struct strv hosts;
	bool replication;
	char *replication_ttl;
	char *advertise;
	bool tls, tlsverify;
	char *tlscacert, *tlscert, *tlskey; /* NULL: not given */
	char *refresh_min, *refresh_max;
	int64_t failure_retry;
	int64_t refresh_retry;
	char *heartbeat;
	char *client_memory; /* NULL: not given */
	bool cors;
	bool no_page;
	struct strv pages;
	char *cluster_driver;
	struct strv cluster_options;
	struct strv discovery_options;
	char *state_dir;     /* NULL: not given */
	char *audit;         /* NULL: not given */
	char *fence_command; /* NULL: not given */
	bool share_endpoint;
	bool relay_ports;
	char *relay_host; /* NULL: not given */
	char *relay_range;
	char *dns; /* NULL: not given */
	char *dns_domain;
	char *register_url; /* NULL: not given */
	struct strv register_options;
	bool register_dry_run;
	bool refresh_on_node_filter;
	char *container_name_refresh_filter;
};

/* The command's: checks what was typed, and runs until the end. */
bool manage_args_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err);
