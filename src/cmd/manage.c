/* cmd/manage.c - what `swarm manage` was told, checked in the order of classic's. */
#include "cmd/manage.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cmd/manage_args.h"
#include "cmd/memory.h"
#include "cmd/tls_choice.h"
#include "cmd/wire.h"
#include "discovery/embedded.h"
#include "discovery/schemes.h"
#include "docker/port.h"
#include "manager/fence.h"
#include "names/zone.h"
#include "register/options.h"

#define UNIX_SCHEME "unix://"

enum { CLIENT_SHARE = 4 }; /* a quarter of the memory is for what clients make us hold */

/* --- engines --- */

static bool check_refresh(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	int64_t min_ns, max_ns;

	if (!value_duration("engine-refresh-min-interval", args->refresh_min, &min_ns, err))
		return false;
	if (min_ns <= 0)
		return error_set(
			err, ERROR_INVALID, "min refresh interval should be a positive number");
	if (!value_duration("engine-refresh-max-interval", args->refresh_max, &max_ns, err))
		return false;
	if (max_ns < min_ns)
		return error_set(err, ERROR_INVALID,
			"max refresh interval cannot be less than min refresh interval");
	o->refresh_min_ms = value_ns_to_ms(min_ns);
	o->refresh_max_ms = value_ns_to_ms(max_ns);
	return true;
}

static bool check_retries(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	if (args->refresh_retry != 3)
		return error_set(err, ERROR_INVALID,
			"--engine-refresh-retry is deprecated. Use --engine-failure-retry");
	if (args->failure_retry < 1 || args->failure_retry > UINT32_MAX)
		return error_set(err, ERROR_INVALID, "invalid failure retry count");
	o->failure_retry = (uint32_t)args->failure_retry;
	return true;
}

/* --- members --- */

/* Neither argument nor variable.  One that is there but empty is a mistake: a script whose variable
 * is not set must not start a cluster of its own. */
static bool keeps_members_itself(const struct strv *words)
{
	return words->count == 0 && !getenv("SWARM_DISCOVERY");
}

static bool check_url(const struct invocation *in, const struct strv *words,
	struct manage_options *o, struct error *err)
{
	const char *text;

	return value_discovery(in, words, "manage a cluster", &text, err) &&
	       schemes_parse_url(&o->discovery, text, err) &&
	       discovery_url_check(&o->discovery, &o->discovery_options, err);
}

static bool check_discovery(const struct invocation *in, const struct manage_args *args,
	const struct strv *words, struct manage_options *o, struct error *err)
{
	bool itself = keeps_members_itself(words);
	const char *text;
	int64_t heartbeat_ns;

	if ((!itself && !value_discovery(in, words, "manage a cluster", &text, err)) ||
		!value_heartbeat(args->heartbeat, &heartbeat_ns, err) ||
		!value_discovery_options(&args->discovery_options, err))
		return false;
	o->heartbeat_ms = value_ns_to_ms(heartbeat_ns);
	strv_copy(&o->discovery_options, &args->discovery_options);
	return itself ? embedded_check(&o->discovery_options, err) : check_url(in, words, o, err);
}

/* systemd's variable names several folders, separated by colons, when the unit does. */
static void note_state_dir(const struct manage_args *args, struct manage_options *o)
{
	const char *folder = args->state_dir && *args->state_dir ? args->state_dir : NULL;

	if (!folder && !o->discovery.scheme)
		folder = DEFAULT_STATE_DIR;
	if (folder)
		o->state_dir = xstrndup(folder, strcspn(folder, ":"));
}

/* --- placement --- */

/* "KEY,KEY!" */
static void keep_together(struct sched *sched, const char *keys)
{
	auto_strv struct strv list = STRV_INIT;

	if (*keys)
		strv_split(&list, keys, ',');
	for (size_t i = 0; i < list.count; i++) {
		char *key = list.items[i];
		bool hard = str_ends_with(key, "!");

		key[strlen(key) - hard] = '\0';
		sched_keep_together(sched, key, hard);
	}
}

static bool check_cluster(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	o->sched = sched_create(args->strategy, args->filters.count ? &args->filters : NULL, err);
	if (!o->sched)
		return false;
	if (strcmp(args->cluster_driver, "swarm") != 0)
		return error_set(
			err, ERROR_INVALID, "unsupported cluster \"%s\"", args->cluster_driver);
	if (!value_cluster_options(&args->cluster_options, &o->cluster, err))
		return false;
	keep_together(o->sched, o->cluster.together);
	if (o->cluster.volumes_everywhere)
		sched_spread_volumes(o->sched);
	return true;
}

/* --- several managers --- */

static bool check_replication_ttl(const char *text, int64_t *ret_ms, struct error *err)
{
	int64_t ns;

	if (!value_duration("replication-ttl", text, &ns, err))
		return false;
	if (ns <= 0)
		return error_set(
			err, ERROR_INVALID, "--replication-ttl should be a positive number");
	*ret_ms = value_ns_to_ms(ns);
	return true;
}

static bool check_replication(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	o->replication = args->replication;
	o->advertise = xstrdup_null(args->advertise);
	if (!args->replication)
		return true;
	/* Classic Swarm gives a name that the option never had, and scripts look for it. */
	if (!args->advertise || !*args->advertise)
		return error_set(err, ERROR_INVALID,
			"--advertise address must be provided when using --leader-election "
			"(which is --replication)");
	if (!value_advertise(args->advertise, err) ||
		!check_replication_ttl(args->replication_ttl, &o->replication_ttl_ms, err))
		return false;
	if (!o->discovery.scheme || !o->discovery.scheme->can_elect)
		return error_set(err, ERROR_UNSUPPORTED,
			"Leader election is only supported with consul, etcd and zookeeper "
			"discovery.");
	return true;
}

/* --- listeners --- */

static bool check_hosts(const struct manage_args *args, struct manage_options *o, struct error *err)
{
	for (size_t i = 0; i < args->hosts.count; i++) {
		if (!value_host(args->hosts.items[i], err))
			return false;
	}
	strv_copy(&o->hosts, &args->hosts);
	return true;
}

static bool check_page(const struct manage_args *args, struct manage_options *o, struct error *err)
{
	if (args->no_page && args->pages.count > 0)
		return error_set(err, ERROR_INVALID, "--page and --no-page: only one of them");
	for (size_t i = 0; i < args->pages.count; i++) {
		if (!value_host(args->pages.items[i], err))
			return error_wrap(err, "invalid --page");
	}
	o->no_page = args->no_page;
	strv_copy(&o->page_hosts, &args->pages);
	return true;
}

/* --- published ports --- */

static bool check_relay(const struct manage_args *args, struct manage_options *o, struct error *err)
{
	const char *range = args->relay_range;

	if (!port_range_parse(range, &o->relay_first, &o->relay_last) || o->relay_first == 0)
		return error_set(err, ERROR_INVALID,
			"invalid --relay-range: '%s' is no range of ports, such as 20000-32767",
			range);
	o->relay_ports = args->relay_ports;
	if (args->relay_host)
		return value_ip("relay-host", args->relay_host, false, &o->relay_host, err);
	return !args->relay_ports || value_listening_ip(&o->hosts, &o->relay_host, err);
}

/* --- names --- */

static bool check_dns(const struct manage_args *args, struct manage_options *o, struct error *err)
{
	auto_free char *host = NULL, *port = NULL;
	uint64_t number = 0;

	if (!args->dns)
		return true;
	if (!parse_host_port(args->dns, &host, &port, err))
		return error_wrap(err, "invalid --dns");
	if (!parse_u64(port, &number) || number == 0 || number > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "invalid --dns: '%s' is no port", port);
	o->dns_port = (uint16_t)number;
	o->dns_domain = zone_domain_parse(args->dns_domain, err);
	if (!o->dns_domain)
		return error_wrap(err, "invalid --dns-domain");
	return value_ip("dns", host, false, &o->dns_host, err);
}

/* --- services --- */

static bool check_register(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	if (!args->register_url)
		return (args->register_options.count == 0 && !args->register_dry_run) ||
		       error_set(err, ERROR_INVALID,
			       "--register-opt and --register-dry-run need --register URL");
	if (!register_options_parse(
		    &o->registration, args->register_url, &args->register_options, err))
		return false;
	o->registration.dry_run = args->register_dry_run;
	return true;
}

/* --- the endpoint for containers --- */

static bool check_share(const struct manage_args *args, struct manage_options *o, struct error *err)
{
	if (!args->share_endpoint)
		return true;
	for (size_t i = 0; !o->shared_socket && i < o->hosts.count; i++) {
		if (str_starts_with(o->hosts.items[i], UNIX_SCHEME))
			o->shared_socket = xstrdup(o->hosts.items[i] + strlen(UNIX_SCHEME));
	}
	return o->shared_socket ||
	       error_set(err, ERROR_INVALID,
		       "--share-endpoint shares a socket: add --host unix:///run/swarm/swarm.sock");
}

/* --- clients --- */

static bool check_client_memory(
	const struct manage_args *args, struct manage_options *o, struct error *err)
{
	if (args->client_memory)
		return value_bytes("client-memory", args->client_memory, &o->client_bytes, err);
	o->client_bytes = memory_available() / CLIENT_SHARE;
	return true;
}

/* --- all of it --- */

static void note_plain_values(
	const struct invocation *in, const struct manage_args *args, struct manage_options *o)
{
	const char *name_filter = args->container_name_refresh_filter;

	o->program = in->program;
	o->debug = in->globals->debug;
	o->experimental = in->globals->experimental;
	o->cors = args->cors;
	o->audit = xstrdup_null(args->audit);
	o->fence_command = xstrdup_null(args->fence_command);
	o->refresh_on_node_filter = args->refresh_on_node_filter;
	o->container_name_refresh_filter = xstrdup(name_filter ? name_filter : "");
}

static bool check_all(const struct invocation *in, const struct manage_args *args,
	const struct strv *words, struct manage_options *o, struct error *err)
{
	const struct tls_choice tls = { args->tls, args->tlsverify, args->tlscacert, args->tlscert,
		args->tlskey };

	if (!tls_choice_load(&tls, &o->tls_server, &o->tls_client, err) ||
		!check_refresh(args, o, err) || !check_retries(args, o, err) ||
		!check_discovery(in, args, words, o, err) || !check_cluster(args, o, err) ||
		!check_replication(args, o, err) || !check_hosts(args, o, err) ||
		!check_page(args, o, err) || !check_relay(args, o, err) ||
		!check_dns(args, o, err) || !check_register(args, o, err) ||
		!check_share(args, o, err) || !check_client_memory(args, o, err) ||
		!fence_check(args->fence_command, err))
		return false;
	note_state_dir(args, o);
	return true;
}

static void manage_options_finish(struct manage_options *o)
{
	discovery_url_finish(&o->discovery);
	strv_finish(&o->discovery_options);
	strv_finish(&o->hosts);
	strv_finish(&o->page_hosts);
	tls_context_unref(o->tls_server);
	tls_context_unref(o->tls_client);
	sched_destroy(o->sched);
	free(o->container_name_refresh_filter);
	free(o->advertise);
	free(o->relay_host);
	free(o->dns_host);
	free(o->dns_domain);
	register_options_finish(&o->registration);
	free(o->shared_socket);
	free(o->state_dir);
	free(o->audit);
	free(o->fence_command);
	*o = (struct manage_options){ 0 };
}

bool manage_args_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	struct manage_options o = { 0 };

	note_plain_values(in, values, &o);
	bool ok = check_all(in, values, words, &o, err) && wire_run(&o, err);
	manage_options_finish(&o);
	return ok;
}
