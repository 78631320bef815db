/*
 * cmd/manage.h - what `swarm manage` was told, checked and in units.
 *
 * Filled by manage.c, which owns it for the time of wire_run().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"
#include "cmd/values.h"
#include "discovery/discovery.h"
#include "net/tls.h"
#include "register/options.h"
#include "sched/sched.h"

struct manage_options {
	const char *program; /* borrowed */
	bool debug, experimental;

	/* Where members come from; scheme NULL: from this manager's own registry. */
	struct discovery_url discovery;
	struct strv discovery_options; /* "key=value" */
	int64_t heartbeat_ms;          /* >= 1000 */
	char *audit;                   /* file; owned; NULL: none */
	char *fence_command;           /* program; owned; NULL: none */
	char *state_dir;               /* of the registry; owned; NULL: there is none, and no hub */

	struct strv hosts;              /* addresses to listen on, at least one */
	struct tls_context *tls_server; /* counted; NULL: plain */
	struct tls_context *tls_client; /* counted; NULL exactly when tls_server is */

	struct sched *sched; /* owned; filters and strategy */
	int64_t refresh_min_ms, refresh_max_ms;
	uint32_t failure_retry;
	struct cluster_options cluster;

	size_t client_bytes; /* held for all clients together at most */
	bool no_page;
	struct strv page_hosts; /* addresses of the page alone; none: it is at those of hosts */
	bool cors;
	bool refresh_on_node_filter;
	char *container_name_refresh_filter; /* owned; "" for none */

	char *shared_socket; /* of hosts, for containers; owned; NULL: none is shared */
	bool relay_ports;    /* of all containers but those that refuse */
	char *relay_host; /* IP literal to listen on, "" for all; owned; NULL: nothing is relayed */
	uint16_t relay_first, relay_last; /* to choose published ports from */

	char *dns_host; /* IP literal to answer DNS on, "" for all; owned; NULL: it is not answered
			 */
	uint16_t dns_port;
	char *dns_domain; /* owned; NULL without dns_host */

	struct register_options registration; /* layout NULL: services are not registered */

	bool replication;
	char *advertise; /* owned; NULL when not given; checked only with replication */
	int64_t replication_ttl_ms;
};
