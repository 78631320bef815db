/*
 * cmd/wire.c - everything is introduced to everything else, and taken apart in the opposite order.
 *
 *   discovery -> cluster -> manager -> api -> serve (HTTP server, listeners)
 *     |  ^---------- registry <- hub <----------'
 *     '-> election -> replica -> api
 *
 * SIGTERM or SIGINT stop accepting, give requests under way ten seconds, and end with status 0; a
 * second one ends at once.  SIGHUP reads certificates and the discovery source again and opens the
 * audit file anew, SIGUSR1 tells the log what is known.
 */
#include "cmd/wire.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/entry.h"
#include "api/replica.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "cluster/members.h"
#include "cmd/dump.h"
#include "cmd/invite.h"
#include "cmd/serve.h"
#include "cmd/version.h"
#include "discovery/embedded.h"
#include "discovery/hub.h"
#include "election/election.h"
#include "manager/drain.h"
#include "manager/fence.h"
#include "manager/keep.h"
#include "manager/parts.h"
#include "manager/publish.h"
#include "manager/reschedule.h"
#include "names/names.h"
#include "register/registrar.h"

enum {
	PAGE_SHARE = 8, /* of the clients' memory, for a port of its own */
	PAGE_CLIENTS_MAX = 256,
};

struct wire {
	const struct manage_options *options;
	struct loop *loop;
	struct cluster *cluster;
	struct manager manager;
	struct reschedule *reschedule; /* owned */
	struct drain *drain;           /* owned */
	struct fence *fence;           /* owned; NULL: nobody proves that nodes are dead */
	struct audit *audit;           /* owned; NULL: nobody wants to know */
	struct publish *publish;       /* owned; NULL: published ports are not relayed */
	struct names *names;           /* owned; NULL: DNS is not answered */
	struct registrar *registrar;   /* owned; NULL: services are not registered */
	struct api api;
	struct registry
		*registry; /* owned; NULL: members are kept elsewhere, and there is no hub */
	struct hub hub;
	struct strv own_names; /* of this host, for browsers */
	struct serve serve;
	struct serve page_serve; /* nowhere, when the page has no port of its own */
	struct discovery *discovery;
	struct replica *replica;   /* owned; NULL: without --replication */
	struct election *election; /* owned; likewise */
	bool resigning;            /* the store is being told so */
	struct loop_signal terminate, interrupt, hangup, dump;
	bool stopping;
};

/* --- members --- */

static void handle_members(void *arg, const struct strv *members)
{
	struct wire *w = arg;

	log_debug("Watch triggered with %zu nodes", members->count);
	members_set(w->cluster, members);
}

static void handle_discovery_error(maybe_unused void *arg, const struct error *err)
{
	log_error("Discovery error: %s", error_text(err));
}

static const struct discovery_ops discovery_ops = {
	.handle_members = handle_members,
	.handle_error = handle_discovery_error,
};

static bool start_discovery(struct wire *w, struct error *err)
{
	const struct manage_options *o = w->options;

	if (o->discovery.scheme)
		w->discovery = discovery_create(w->loop, &o->discovery, &o->discovery_options,
			o->heartbeat_ms, &discovery_ops, w, err);
	else
		w->discovery = embedded_create(w->loop, w->registry, &o->discovery_options,
			o->heartbeat_ms, &discovery_ops, w);
	return w->discovery != NULL;
}

/* --- several managers --- */

static bool leads(void *arg)
{
	const struct wire *w = arg;

	return w->election && election_leads(w->election);
}

static void tell_leader(struct wire *w, const char *address, bool ours)
{
	const char *before = replica_leader(w->replica);

	bus_publish_own(w->cluster->bus, JOURNAL_LEADER,
		&(struct event_own){ EVENT_SWARM, "leader_change", NULL,
			{ { "leader.old", *before ? before : NULL }, { "leader.new", address },
				{ "leader.self", ours ? "true" : "false" } } },
		NULL);
}

static void handle_leader(void *arg, const char *address)
{
	struct wire *w = arg;

	bool ours = address && strcmp(address, w->options->advertise) == 0;

	metric_inc(METRIC_leader_changes_total);
	manager_set_acting(&w->manager, ours);
	keep_set_leading(w->manager.keep, ours);
	tell_leader(w, address, ours);
	if (w->registrar)
		registrar_set_leading(w->registrar, ours);
	replica_set_leader(w->replica, address);
}

static bool is_resigning(void *arg)
{
	const struct wire *w = arg;

	return w->resigning || (w->registrar && registrar_is_resigning(w->registrar));
}

static void handle_resigned(void *arg)
{
	struct wire *w = arg;

	w->resigning = false;
}

static const struct election_ops election_ops = {
	.handle_leader = handle_leader,
	.handle_resigned = handle_resigned,
};

static void build_replica(struct wire *w)
{
	const struct manage_options *o = w->options;

	if (!o->replication)
		return;
	manager_set_replicated(&w->manager, leads, w);
	w->replica = replica_create(w->loop, &(struct replica_config){
						     .address = o->advertise,
						     .tls = o->tls_client,
						     .leads = leads,
						     .arg = w,
					     });
}

static void start_election(struct wire *w)
{
	const struct manage_options *o = w->options;

	struct kv *store = discovery_store(w->discovery);

	if (!o->replication)
		return;
	w->election = election_create(store, &(struct election_config){
						     .address = o->advertise,
						     .ttl_ms = o->replication_ttl_ms,
						     .ops = &election_ops,
						     .arg = w,
					     });
	keep_open_store(w->manager.keep, store, election_lock(w->election));
}

/* Before anything else ends, so that the next leader need not wait for it. */
static void resign(struct wire *w)
{
	if (w->registrar)
		registrar_resign(w->registrar);
	if (!w->election)
		return;
	w->resigning = true;
	election_resign(w->election);
}

static void handle_registry_error(maybe_unused void *arg, const struct error *err)
{
	log_error("The members are not saved, trying again: %s", error_text(err));
}

static const struct registry_ops registry_ops = { .handle_error = handle_registry_error };

static bool open_registry(struct wire *w, struct error *err)
{
	if (!w->options->state_dir)
		return true;
	w->registry = registry_create(w->loop, w->options->state_dir, &registry_ops, w, err);
	if (!w->registry)
		return false;
	hub_init(&w->hub, w->loop, w->registry);
	return true;
}

/* Managers that replace each other have no folder in common. */
static bool open_keep(struct wire *w, struct error *err)
{
	const struct manage_options *o = w->options;

	return !o->state_dir || o->replication ||
	       keep_open_folder(w->manager.keep, o->state_dir, err);
}

/* To a person, not to the log: whoever reads the token can join. */
static void print_invitation(struct wire *w)
{
	const struct manage_options *o = w->options;
	auto_strv struct strv listening = STRV_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_free char *host_ip = invite_host_ip();

	if (o->discovery.scheme)
		return;
	serve_addresses(&w->serve, &listening);
	invite_format(&text, &(struct invitation){
				     .program = o->program,
				     .token = registry_own_token(w->registry),
				     .advertise = o->advertise,
				     .listening = &listening,
				     .host_ip = host_ip,
				     .tls = o->tls_server != NULL,
				     .verify = o->tls_server && tls_context_verifies(o->tls_server),
			     });
	fputs(text.buf, stdout);
	fflush(stdout);
}

/* --- clients --- */

static void handle_exchange(struct exchange *x, void *arg)
{
	struct wire *w = arg;

	if (!api_admit(x, &w->api))
		return;
	if (w->registry && hub_owns(x->head.target))
		hub_handle(&w->hub, x);
	else
		api_handle(x, &w->api);
}

static void handle_page_exchange(struct exchange *x, void *arg)
{
	struct wire *w = arg;

	api_handle_page(x, &w->api);
}

static void handle_refused(struct exchange *x, int status, const char *text, void *arg)
{
	struct wire *w = arg;

	api_refuse(x, status, text, &w->api);
}

/* --- signals --- */

static void stop(struct wire *w)
{
	if (w->stopping) {
		loop_stop(w->loop);
		return;
	}
	w->stopping = true;
	log_info("Stopping, requests under way may finish");
	serve_notify("STOPPING=1");
	resign(w);
	serve_drain(&w->serve);
	serve_close(&w->page_serve);
	api_drain(&w->api);
	if (w->registry)
		hub_drain(&w->hub);
}

static void handle_terminate(struct loop_signal *s)
{
	stop(container_of(s, struct wire, terminate));
}

static void handle_interrupt(struct loop_signal *s)
{
	stop(container_of(s, struct wire, interrupt));
}

static void reload_tls(struct tls_context *ctx)
{
	auto_error struct error err = ERROR_INIT;

	if (ctx && !tls_context_reload(ctx, &err))
		log_error("Certificates not reloaded, the old ones stay in force: %s",
			error_text(&err));
}

static void reopen_audit(struct audit *audit)
{
	auto_error struct error err = ERROR_INIT;

	if (audit && !audit_reopen(audit, &err))
		log_error("%s; the old one is written on", error_text(&err));
}

static void handle_hangup(struct loop_signal *s)
{
	struct wire *w = container_of(s, struct wire, hangup);

	log_info("Reloading certificates and members");
	reload_tls(w->options->tls_server);
	reload_tls(w->options->tls_client);
	discovery_reload(w->discovery);
	reopen_audit(w->audit);
}

static void handle_dump(struct loop_signal *s)
{
	dump_state(container_of(s, struct wire, dump)->cluster);
}

static void start_signals(struct wire *w)
{
	loop_signal_start(&w->terminate, w->loop, SIGTERM, handle_terminate);
	loop_signal_start(&w->interrupt, w->loop, SIGINT, handle_interrupt);
	loop_signal_start(&w->hangup, w->loop, SIGHUP, handle_hangup);
	loop_signal_start(&w->dump, w->loop, SIGUSR1, handle_dump);
}

static void stop_signals(struct wire *w)
{
	loop_signal_stop(&w->dump);
	loop_signal_stop(&w->hangup);
	loop_signal_stop(&w->interrupt);
	loop_signal_stop(&w->terminate);
}

/* --- together --- */

static void build_cluster(struct wire *w)
{
	const struct manage_options *o = w->options;

	w->cluster = members_create(w->loop, &(struct cluster_config){
						     .refresh_min_ms = o->refresh_min_ms,
						     .refresh_max_ms = o->refresh_max_ms,
						     .failure_retry = o->failure_retry,
						     .overcommit = o->cluster.overcommit,
						     .keeps_services = o->registration.layout,
						     .tls = o->tls_client,
					     });
	parts_init(&w->manager, w->loop, w->cluster, o->sched, o->cluster.create_retry);
	w->reschedule = reschedule_create(&w->manager);
	w->drain = drain_create(&w->manager);
	w->manager.drain = w->drain;
	if (o->fence_command)
		w->fence = fence_create(&w->manager, w->reschedule, o->fence_command);
	if (o->relay_host)
		w->publish = publish_create(&w->manager, &(struct publish_config){
								 .all = o->relay_ports,
								 .host = o->relay_host,
								 .first = o->relay_first,
								 .last = o->relay_last,
							 });
	w->manager.shared_socket = o->shared_socket;
	w->manager.reschedule_share = o->cluster.reschedule_share;
	w->manager.volumes_everywhere = o->cluster.volumes_everywhere;
}

static bool open_names(struct wire *w, struct error *err)
{
	const struct manage_options *o = w->options;

	if (!o->dns_host)
		return true;
	w->names = names_create(&w->manager,
		&(struct names_config){
			.host = o->dns_host,
			.port = o->dns_port,
			.domain = o->dns_domain,
			.publish = w->publish,
		},
		err);
	return w->names != NULL;
}

/* Of several managers none leads before it is elected. */
static bool open_registrar(struct wire *w, struct error *err)
{
	const struct manage_options *o = w->options;

	if (!o->registration.layout)
		return true;
	w->registrar = registrar_create(&w->manager, &o->registration, err);
	if (!w->registrar)
		return error_wrap(err, "--register");
	if (!o->replication)
		registrar_set_leading(w->registrar, true);
	return true;
}

/* As it calls itself, and as it was told to call itself. */
static void learn_names(struct wire *w)
{
	char name[256] = "";
	auto_free char *host = NULL, *port = NULL;

	if (gethostname(name, sizeof(name) - 1) == 0 && *name)
		strv_add(&w->own_names, name);
	if (w->options->advertise && parse_host_port(w->options->advertise, &host, &port, NULL))
		strv_add(&w->own_names, host);
}

static bool open_audit(struct wire *w, struct error *err)
{
	const char *path = w->options->audit;

	w->audit = path ? audit_create(path, err) : NULL;
	return !path || w->audit;
}

/* Of what clients may make us hold. */
static size_t page_bytes(const struct manage_options *o)
{
	return o->page_hosts.count > 0 ? o->client_bytes / PAGE_SHARE : 0;
}

static void build_page(struct wire *w)
{
	const struct manage_options *o = w->options;

	serve_init(&w->page_serve, w->loop,
		&(struct serve_config){
			.hosts = &o->page_hosts,
			.tls = o->tls_server,
			.client_bytes = page_bytes(o),
			.max_clients = PAGE_CLIENTS_MAX,
			.open_to_all = "Whoever reaches this address sees every container, with "
				       "its labels and its log: use --tlsverify, or a loopback "
				       "address",
			.handle = handle_page_exchange,
			.refuse = handle_refused,
			.arg = w,
		});
}

static void build_api(struct wire *w)
{
	const struct manage_options *o = w->options;
	const char *name_filter = o->container_name_refresh_filter;

	learn_names(w);

	api_init(&w->api, w->loop, &w->manager,
		&(struct api_config){
			.max_version = o->cluster.api_version,
			.version = SWARM_VERSION,
			.git_commit = SWARM_COMMIT,
			.cors = o->cors,
			.no_page = o->no_page || o->page_hosts.count > 0,
			.names = &w->own_names,
			.experimental = o->experimental,
			.debug = o->debug,
			.refresh_on_node_filter = o->refresh_on_node_filter,
			.container_name_refresh_filter =
				name_filter && *name_filter ? name_filter : NULL,
			.replica = w->replica,
			.audit = w->audit,
		});
	serve_init(&w->serve, w->loop,
		&(struct serve_config){
			.hosts = &o->hosts,
			.tls = o->tls_server,
			.client_bytes = o->client_bytes - page_bytes(o),
			.open_to_all = "Whoever reaches this address controls every engine: use "
				       "--tlsverify, or listen on a loopback address or a unix "
				       "socket",
			.handle = handle_exchange,
			.refuse = handle_refused,
			.is_busy = is_resigning,
			.arg = w,
		});
	build_page(w);
}

static void tear_down(struct wire *w)
{
	stop_signals(w);
	serve_stop_listening(&w->serve);
	serve_stop_listening(&w->page_serve);
	keep_close(w->manager.keep);
	election_destroy(steal(w->election));
	discovery_destroy(w->discovery);
	api_finish(&w->api);
	audit_destroy(steal(w->audit));
	replica_destroy(w->replica);
	if (w->registry)
		hub_finish(&w->hub);
	registry_destroy(w->registry);
	serve_finish(&w->serve);
	serve_finish(&w->page_serve);
	registrar_destroy(steal(w->registrar));
	names_destroy(steal(w->names));
	publish_destroy(steal(w->publish));
	w->manager.drain = NULL;
	drain_destroy(steal(w->drain));
	fence_destroy(steal(w->fence));
	reschedule_destroy(steal(w->reschedule));
	parts_finish(&w->manager);
	members_destroy(w->cluster);
	strv_finish(&w->own_names);
	loop_destroy(w->loop);
}

bool wire_run(const struct manage_options *options, struct error *err)
{
	struct wire w = { .options = options, .loop = loop_create() };
	bool started;

	start_signals(&w);
	started = open_audit(&w, err);
	build_cluster(&w);
	build_replica(&w);
	build_api(&w);
	/* Nothing here waits for a store or an engine: docker-machine expects an open port before
	 * they are ready. */
	started = started && open_registry(&w, err) && open_keep(&w, err) &&
		  start_discovery(&w, err) && open_names(&w, err) && open_registrar(&w, err) &&
		  serve_listen(&w.serve, err) && serve_listen(&w.page_serve, err);
	if (started) {
		start_election(&w);
		print_invitation(&w);
		serve_notify("READY=1");
		loop_run(w.loop);
	}
	tear_down(&w);
	return started;
}
