/* cmd/manage_args.c - the options of `swarm manage`. */
#include "cmd/manage_args.h"

#include "cmd/values.h"
#include "docker/label.h"
#include "register/options.h"
#include "sched/sched.h"

static const struct option_spec manage_options[] = {
	{
		"strategy",
		OPTION(STRING, struct manage_args, strategy),
		.initial = "spread",
		.help = "which of the fitting nodes is taken",
		.words = sched_strategies,
	},
	{
		"filter",
		"f",
		OPTION(LIST, struct manage_args, filters),
		.help = "use only these filters; by default all",
		.words = sched_filters,
	},
	{
		"host",
		"H",
		OPTION(LIST, struct manage_args, hosts),
		.initial = "tcp://127.0.0.1:2375",
		.env = "SWARM_HOST",
		.help = "address to listen on: [tcp://]ip:port, unix://path, fd://",
	},
	{
		"replication",
		OPTION(BOOL, struct manage_args, replication),
		.help = "elect a primary among several managers",
	},
	{
		"replication-ttl",
		OPTION(STRING, struct manage_args, replication_ttl),
		.initial = "20s",
		.help = "time after which a silent primary is replaced",
	},
	{
		"advertise",
		"addr",
		OPTION(STRING, struct manage_args, advertise),
		.env = "SWARM_ADVERTISE",
		.help = "address of this manager, as the other managers reach it: ip:port",
	},
	{
		"tls",
		OPTION(BOOL, struct manage_args, tls),
		.help = "use TLS, without checking who is at the other end",
	},
	{
		"tlscacert",
		OPTION(STRING, struct manage_args, tlscacert),
		.help = "file with the certificates of the authority to trust",
	},
	{
		"tlscert",
		OPTION(STRING, struct manage_args, tlscert),
		.help = "file with the certificate of this manager",
	},
	{
		"tlskey",
		OPTION(STRING, struct manage_args, tlskey),
		.help = "file with the key of that certificate",
	},
	{
		"tlsverify",
		OPTION(BOOL, struct manage_args, tlsverify),
		.help = "use TLS, and check clients and engines against --tlscacert",
	},
	{
		"engine-refresh-min-interval",
		OPTION(STRING, struct manage_args, refresh_min),
		.initial = "30s",
		.help = "shortest time between two full looks at an engine",
	},
	{
		"engine-refresh-max-interval",
		OPTION(STRING, struct manage_args, refresh_max),
		.initial = "60s",
		.help = "longest time between two full looks at an engine",
	},
	{
		"engine-failure-retry",
		OPTION(INT, struct manage_args, failure_retry),
		.initial = "3",
		.help = "failures in a row that make an engine unhealthy",
	},
	{
		"engine-refresh-retry",
		OPTION(INT, struct manage_args, refresh_retry),
		.initial = "3",
		.help = "deprecated; use --engine-failure-retry",
	},
	{
		"heartbeat",
		OPTION(STRING, struct manage_args, heartbeat),
		.initial = "60s",
		.help = "time between two looks at a discovery that cannot notify",
	},
	{
		"api-enable-cors",
		"cors",
		OPTION(BOOL, struct manage_args, cors),
		.help = "let web pages of other origins use the API",
	},
	{
		"no-page",
		OPTION(BOOL, struct manage_args, no_page),
		.help = "no page for browsers at /",
	},
	{
		"page",
		OPTION(LIST, struct manage_args, pages),
		.help = "address of the page alone, instead of at those of --host: "
			"[tcp://]ip:port, unix://path",
	},
	{
		"client-memory",
		OPTION(STRING, struct manage_args, client_memory),
		.help = "memory that clients may make the manager hold, all together, such as "
			"512m (a quarter of the machine's without it)",
	},
	{
		"relay-ports",
		OPTION(BOOL, struct manage_args, relay_ports),
		.help = "let published ports of all containers answer at this manager, too, but "
			"of those with the label " LABEL_RELAY "=false",
	},
	{
		"relay-host",
		OPTION(STRING, struct manage_args, relay_host),
		.help = "IP address on which published ports answer (that of -H without it); "
			"without --relay-ports only those of containers with the "
			"label " LABEL_RELAY "=true",
	},
	{
		"relay-range",
		OPTION(STRING, struct manage_args, relay_range),
		.initial = "20000-32767",
		.help = "published ports to choose from where a container leaves the choice open",
	},
	{
		"dns",
		OPTION(STRING, struct manage_args, dns),
		.help = "address to answer DNS on, ip:port, by UDP and TCP: containers, Compose "
			"services and nodes by their names",
	},
	{
		"dns-domain",
		OPTION(STRING, struct manage_args, dns_domain),
		.initial = "swarm.",
		.help = "domain that these names stand in",
	},
	{
		"register",
		OPTION(STRING, struct manage_args, register_url),
		.help = "registry that is told of published ports as services, such as "
			"consul://192.0.2.1:8500",
	},
	{
		"register-opt",
		OPTION(LIST, struct manage_args, register_options),
		.help = "option of the registration, key=value",
		.more = register_option_lines,
	},
	{
		"register-dry-run",
		OPTION(BOOL, struct manage_args, register_dry_run),
		.help = "write to the log what would be written to the registry",
	},
	{
		"share-endpoint",
		OPTION(BOOL, struct manage_args, share_endpoint),
		.help = "give containers on this host that bind /var/run/docker.sock the "
			"manager's socket, which is the first unix:// of --host",
	},
	{
		"cluster-driver",
		"c",
		OPTION(STRING, struct manage_args, cluster_driver),
		.initial = "swarm",
		.help = "kind of cluster; there is only swarm",
	},
	{
		"discovery-opt",
		OPTION(LIST, struct manage_args, discovery_options),
		.help = "option of the discovery service, key=value",
	},
	{
		"state-dir",
		OPTION(STRING, struct manage_args, state_dir),
		.env = "STATE_DIRECTORY",
		.help = "folder for what outlives this manager: who joins it itself, and which "
			"containers come back "
			"(" DEFAULT_STATE_DIR " without <discovery>)",
	},
	{
		"cluster-opt",
		OPTION(LIST, struct manage_args, cluster_options),
		.help = "option of the cluster, key=value",
		.more = value_cluster_option_lines,
	},
	{
		"audit",
		OPTION(STRING, struct manage_args, audit),
		.help = "file that gets a line for every request that may change something",
	},
	{
		"fence-command",
		OPTION(STRING, struct manage_args, fence_command),
		.help = "program that makes sure that a node is dead; status 0 says so",
	},
	{
		"refresh-on-node-filter",
		OPTION(BOOL, struct manage_args, refresh_on_node_filter),
		.help = "look at the engine first when containers are listed with a node filter",
	},
	{
		"container-name-refresh-filter",
		OPTION(STRING, struct manage_args, container_name_refresh_filter),
		.help = "look at the engine first when containers are listed with a name filter "
			"that contains this",
	},
};

const struct command command_manage = {
	.name = "manage",
	.alias = "m",
	.summary = "Manage a cluster of Docker engines",
	.usage = "[OPTIONS] <discovery>",
	.takes_discovery = true,
	.options = manage_options,
	.options_count = ARRAY_SIZE(manage_options),
	.values_size = sizeof(struct manage_args),
	.run = manage_args_run,
};
