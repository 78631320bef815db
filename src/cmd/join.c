/*
 * `swarm join`: the agent that keeps one engine registered.
 *
 * Everything on its command line is checked, in the order of cli-discovery-ha.md 1.5.  No
 * discovery that is offered so far has a place to register in, so that is where it ends.
 */
#include "cmd/command.h"
#include "cmd/values.h"
#include "discovery/discovery.h"

struct join_args {
	char *advertise;
	char *heartbeat;
	char *ttl;
	char *delay;
	struct strv discovery_options;
};

static const struct option_spec join_options[] = {
	{
		"advertise",
		"addr",
		OPTION(STRING, struct join_args, advertise),
		.env = "SWARM_ADVERTISE",
		.help = "address of the engine on this host, as the managers reach it: ip:port",
	},
	{
		"heartbeat",
		OPTION(STRING, struct join_args, heartbeat),
		.initial = "60s",
		.help = "time between two registrations",
	},
	{
		"ttl",
		OPTION(STRING, struct join_args, ttl),
		.initial = "180s",
		.help = "how long a registration lasts; longer than the heartbeat",
	},
	{
		"delay",
		OPTION(STRING, struct join_args, delay),
		.initial = "0s",
		.help = "wait a random time up to this before the first registration",
	},
	{
		"discovery-opt",
		OPTION(LIST, struct join_args, discovery_options),
		.help = "option of the discovery service, key=value",
	},
};

static bool check_advertise(const char *advertise, struct error *err)
{
	if (!advertise || !*advertise)
		return error_set(err, ERROR_INVALID, "missing mandatory --advertise flag");
	return value_advertise(advertise, err);
}

static bool check_delay(const char *text, struct error *err)
{
	int64_t delay_ns;

	if (!value_duration("delay", text, &delay_ns, err))
		return false;
	if (delay_ns < 0)
		return error_set(err, ERROR_INVALID, "--delay should not be a negative number");
	return true;
}

static bool check_beats(const struct join_args *args, struct error *err)
{
	int64_t heartbeat_ns, ttl_ns;

	if (!value_heartbeat(args->heartbeat, &heartbeat_ns, err) ||
		!value_duration("ttl", args->ttl, &ttl_ns, err))
		return false;
	if (ttl_ns <= heartbeat_ns)
		return error_set(err, ERROR_INVALID,
			"--ttl must be strictly superior to the heartbeat value");
	return true;
}

static bool check_registers(const char *text, const struct strv *options, struct error *err)
{
	struct discovery_url url = DISCOVERY_URL_INIT;

	if (!discovery_url_parse(&url, text, err))
		return false;
	bool offered = discovery_url_check(&url, options, err);
	discovery_url_finish(&url);
	return offered && error_set(err, ERROR_UNSUPPORTED,
				  "not implemented in this discovery service: the members of a "
				  "list or file do not register");
}

static bool join_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct join_args *args = values;
	const char *text;

	return value_discovery(in, words, "join a cluster", &text, err) &&
	       check_advertise(args->advertise, err) && check_delay(args->delay, err) &&
	       check_beats(args, err) && value_discovery_options(&args->discovery_options, err) &&
	       check_registers(text, &args->discovery_options, err);
}

const struct command command_join = {
	.name = "join",
	.alias = "j",
	.summary = "Join a cluster",
	.usage = "[OPTIONS] <discovery>",
	.takes_discovery = true,
	.options = join_options,
	.options_count = ARRAY_SIZE(join_options),
	.values_size = sizeof(struct join_args),
	.run = join_run,
};
