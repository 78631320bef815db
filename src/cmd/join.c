/*
 * cmd/join.c - `swarm join`: the agent that keeps one engine registered.
 *
 * Everything on its command line is checked, in classic Swarm's order.  Then it
 * registers and never gives up: neither because the store is away, nor because the engine is.  On
 * SIGTERM or SIGINT it takes the registration back, so that managers drop the engine at once.
 */
#include <signal.h>

#include "base/id.h"
#include "base/log.h"
#include "base/parse.h"
#include "cmd/command.h"
#include "cmd/probe.h"
#include "cmd/values.h"
#include "discovery/registration.h"
#include "discovery/schemes.h"
#include "kv/kv.h"

#define LEAVE_MS (5 * 1000)

struct join_args {
	char *advertise;
	char *heartbeat;
	char *ttl;
	char *delay;
	struct strv discovery_options;
};

/* The durations of the arguments. */
struct beat {
	int64_t heartbeat_ns, ttl_ns, delay_ns;
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

static bool check_delay(const char *text, struct beat *ret, struct error *err)
{
	if (!value_duration("delay", text, &ret->delay_ns, err))
		return false;
	if (ret->delay_ns < 0)
		return error_set(err, ERROR_INVALID, "--delay should not be a negative number");
	return true;
}

static bool check_beats(const struct join_args *args, struct beat *ret, struct error *err)
{
	if (!value_heartbeat(args->heartbeat, &ret->heartbeat_ns, err) ||
		!value_duration("ttl", args->ttl, &ret->ttl_ns, err))
		return false;
	if (value_ns_to_ms(ret->ttl_ns) <= value_ns_to_ms(ret->heartbeat_ns))
		return error_set(err, ERROR_INVALID,
			"--ttl must be strictly superior to the heartbeat value");
	return true;
}

/* --- running --- */

struct agent {
	struct loop *loop;
	const struct join_args *args;
	const struct discovery_url *url;
	const char *text; /* of the discovery argument */
	const struct beat *beat;
	struct registration *registration; /* owned; NULL during the delay */
	struct probe probe;
	struct timer delay;
	struct timer give_up; /* leaving must not take for ever */
	struct loop_signal terminate, interrupt, hangup;
	bool leaving;
	struct error err; /* set: ends with it */
};

static void handle_held(void *arg)
{
	struct agent *a = arg;

	log_fields(
		LOG_INFO, "Registered on the discovery service", "addr", a->args->advertise, NULL);
}

static void handle_failure(maybe_unused void *arg, const struct error *err)
{
	log_error("Not registered on the discovery service, trying again: %s", error_text(err));
}

static void handle_released(void *arg, const struct error *err)
{
	struct agent *a = arg;

	if (err)
		log_warn("The registration could not be taken back, it ends after %s: %s",
			a->args->ttl, error_text(err));
	else
		log_fields(
			LOG_INFO, "Left the discovery service", "addr", a->args->advertise, NULL);
	loop_stop(a->loop);
}

static const struct kv_lease_ops registration_ops = {
	.handle_held = handle_held,
	.handle_error = handle_failure,
	.handle_released = handle_released,
};

static void log_start(const struct agent *a)
{
	auto_strbuf struct strbuf every = STRBUF_INIT;
	auto_strbuf struct strbuf line = STRBUF_INIT;
	auto_free char *discovery = discovery_url_mask(a->url, a->text);

	format_duration(&every, a->beat->heartbeat_ns);
	strbuf_addf(&line, "Registering on the discovery service every %s...", every.buf);
	log_fields(LOG_INFO, line.buf, "addr", a->args->advertise, "discovery", discovery, NULL);
}

static bool enroll(struct agent *a, struct error *err)
{
	a->registration = registration_create(a->loop, a->url, &a->args->discovery_options,
		&(struct registration_config){
			.address = a->args->advertise,
			.heartbeat_ms = value_ns_to_ms(a->beat->heartbeat_ns),
			.ttl_ms = value_ns_to_ms(a->beat->ttl_ns),
			.ops = &registration_ops,
			.arg = a,
		},
		err);
	if (!a->registration)
		return false;
	log_start(a);
	return true;
}

static void handle_delay(struct timer *t)
{
	struct agent *a = container_of(t, struct agent, delay);

	if (!enroll(a, &a->err))
		loop_stop(a->loop);
}

static void handle_give_up(struct timer *t)
{
	struct agent *a = container_of(t, struct agent, give_up);

	log_warn("The discovery service does not answer; the registration ends after %s",
		a->args->ttl);
	loop_stop(a->loop);
}

/* A second signal ends at once. */
static void leave(struct agent *a)
{
	timer_stop(&a->delay);
	if (a->leaving || !a->registration) {
		loop_stop(a->loop);
		return;
	}
	a->leaving = true;
	timer_start(&a->give_up, LEAVE_MS);
	registration_release(a->registration);
}

static void handle_terminate(struct loop_signal *s)
{
	leave(container_of(s, struct agent, terminate));
}

static void handle_interrupt(struct loop_signal *s)
{
	leave(container_of(s, struct agent, interrupt));
}

static void handle_hangup(struct loop_signal *s)
{
	struct agent *a = container_of(s, struct agent, hangup);

	if (a->registration)
		registration_reload(a->registration);
}

static void start_signals(struct agent *a)
{
	loop_signal_start(&a->terminate, a->loop, SIGTERM, handle_terminate);
	loop_signal_start(&a->interrupt, a->loop, SIGINT, handle_interrupt);
	loop_signal_start(&a->hangup, a->loop, SIGHUP, handle_hangup);
}

static void stop_signals(struct agent *a)
{
	loop_signal_stop(&a->hangup);
	loop_signal_stop(&a->interrupt);
	loop_signal_stop(&a->terminate);
}

static void start_delay(struct agent *a)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	int64_t delay_ns = (int64_t)random_below((uint64_t)a->beat->delay_ns);

	format_duration(&text, delay_ns);
	log_info("Add a random delay %s to avoid synchronized registration", text.buf);
	timer_start(&a->delay, value_ns_to_ms(delay_ns));
}

static void agent_run(struct agent *a)
{
	timer_init(&a->delay, a->loop, handle_delay);
	timer_init(&a->give_up, a->loop, handle_give_up);
	start_signals(a);
	probe_start(&a->probe, a->loop, a->args->advertise, value_ns_to_ms(a->beat->heartbeat_ns));
	if (a->beat->delay_ns > 0)
		start_delay(a);
	if (a->beat->delay_ns > 0 || enroll(a, &a->err))
		loop_run(a->loop);
	registration_destroy(a->registration);
	probe_finish(&a->probe);
	timer_stop(&a->give_up);
	timer_stop(&a->delay);
	stop_signals(a);
}

/* Before anything runs: a URL that cannot work is no reason to wait for the delay. */
static bool check_registers(
	const struct discovery_url *url, const struct strv *options, struct error *err)
{
	if (!discovery_url_check(url, options, err))
		return false;
	if (url->scheme->enroll)
		return true;
	return error_set(err, ERROR_UNSUPPORTED,
		"not implemented in this discovery service: the members of a list or file do not "
		"register");
}

static bool run_agent(
	const struct join_args *args, const char *text, const struct beat *beat, struct error *err)
{
	struct discovery_url url = DISCOVERY_URL_INIT;

	if (!schemes_parse_url(&url, text, err))
		return false;
	if (!check_registers(&url, &args->discovery_options, err)) {
		discovery_url_finish(&url);
		return false;
	}
	struct agent a = {
		.loop = loop_create(), .args = args, .url = &url, .text = text, .beat = beat
	};
	agent_run(&a);
	loop_destroy(a.loop);
	discovery_url_finish(&url);
	if (!error_is_set(&a.err))
		return true;
	error_move(err, &a.err);
	return false;
}

static bool join_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct join_args *args = values;
	struct beat beat;
	const char *text;

	return value_discovery(in, words, "join a cluster", &text, err) &&
	       check_advertise(args->advertise, err) && check_delay(args->delay, &beat, err) &&
	       check_beats(args, &beat, err) &&
	       value_discovery_options(&args->discovery_options, err) &&
	       run_agent(args, text, &beat, err);
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
