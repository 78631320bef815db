/*
 * cmd/main.c - the program: global options, the table of commands, and the way from one to the
 * other.
 *
 * Errors end on stderr with exit status 1, whatever the command; stdout is for what was asked
 * for, and for the log of the commands that keep running.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/version.h"

const struct option_spec global_options[] = {
	{
		"debug",
		OPTION(BOOL, struct globals, debug),
		.env = "DEBUG",
		.help = "log more, unless --log-level says otherwise",
	},
	{
		"log-level",
		"l",
		OPTION(STRING, struct globals, log_level),
		.initial = "info",
		.help = "what to log: debug, info, warn, error, fatal, panic",
	},
	{
		"log-format",
		OPTION(STRING, struct globals, log_format),
		.initial = "text",
		.help = "how the log is written: text, json (an object a line)",
	},
	{
		"experimental",
		OPTION(BOOL, struct globals, experimental),
		.help = "report the manager as experimental",
	},
	{
		"help",
		"h",
		OPTION(BOOL, struct globals, help),
		.help = "show this help",
	},
	{
		"version",
		"v",
		OPTION(BOOL, struct globals, version),
		.help = "print the version",
	},
};
const size_t global_options_count = ARRAY_SIZE(global_options);

const struct command *const commands[] = {
	&command_create,
	&command_list,
	&command_manage,
	&command_join,
	&command_node,
	&command_status,
	&command_top,
	&command_place,
	&command_cert,
	&command_help,
	NULL,
};

const struct command *commands_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct command *c = commands[i];
		if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
			return c;
	}
	return NULL;
}

static const struct command *find_action(const struct command *c, const char *word)
{
	for (size_t i = 0; c->actions[i]; i++) {
		if (strcmp(c->actions[i]->name + strlen(c->name) + 1, word) == 0)
			return c->actions[i];
	}
	return NULL;
}

const struct command *commands_choose(
	const struct strv *words, size_t *ret_count, struct error *err)
{
	const struct command *c = commands_find(words->items[0]), *action;
	const char *second = words->count > 1 ? words->items[1] : "-";

	if (!c) {
		error_set(err, ERROR_NOT_FOUND, "No help topic for '%s'", words->items[0]);
		return NULL;
	}
	*ret_count = 1;
	if (!c->actions || *second == '-')
		return c;
	action = find_action(c, second);
	if (!action)
		error_set(
			err, ERROR_NOT_FOUND, "'%s' is none of the actions of %s", second, c->name);
	*ret_count = 2;
	return action;
}

/* --- a command --- */

static bool usage_error(const struct invocation *in)
{
	puts("Incorrect Usage.\n");
	if (in->command)
		help_print_command(stdout, in->program, in->command);
	else
		help_print_program(stdout, in->program);
	fflush(stdout); /* before the reason, which goes to stderr */
	return false;
}

static bool run_parsed(const struct invocation *in, struct options *options,
	const struct strv *given, struct error *err)
{
	auto_strv struct strv words = STRV_INIT;

	if (!options_parse(options, given->items, given->count,
		    in->command->ends_options ? OPTIONS_FIRST : OPTIONS_ANYWHERE, &words, err))
		return usage_error(in);
	if (options->help || in->command->actions) {
		help_print_command(stdout, in->program, in->command);
		return true;
	}
	return in->command->run(in, options->values, &words, err);
}

static bool run_command(const struct invocation *in, const struct strv *given, struct error *err)
{
	const struct command *c = in->command;
	auto_free void *values = xcalloc(1, max_of(c->values_size, (size_t)1));
	struct options options;

	options_init(&options, c->options, c->options_count, values);
	bool ok = run_parsed(in, &options, given, err);
	options_finish(&options);
	return ok;
}

/* --- the program --- */

static bool set_log_level(
	const struct options *options, const struct globals *globals, struct error *err)
{
	enum log_level level = LOG_DEBUG;

	if ((options_given(options, "log-level") || !globals->debug) &&
		!log_level_parse(globals->log_level, &level, err))
		return false;
	log_set_level(level);
	return true;
}

static bool set_log_format(const struct globals *globals, struct error *err)
{
	bool json;

	if (!log_format_parse(globals->log_format, &json, err))
		return false;
	log_set_json(json);
	return true;
}

/* words: the command and all that follows it. */
static bool find_and_run(struct invocation *in, const struct strv *words, struct error *err)
{
	if (words->count == 0) {
		help_print_program(stdout, in->program);
		return true;
	}
	size_t used = 0;

	in->command = commands_choose(words, &used, err);
	if (!in->command)
		return false;

	struct strv given = { .items = words->items + used, .count = words->count - used };
	return run_command(in, &given, err);
}

static bool run_program(struct invocation *in, struct options *options, char *const *argv,
	size_t argc, struct error *err)
{
	const struct globals *globals = in->globals;
	auto_strv struct strv words = STRV_INIT;

	if (!options_parse(options, argv, argc, OPTIONS_FIRST, &words, err))
		return usage_error(in);
	if (globals->help) {
		help_print_program(stdout, in->program);
		return true;
	}
	if (globals->version) {
		printf("%s version %s (%s)\n", in->program, SWARM_VERSION, SWARM_COMMIT);
		return true;
	}
	return set_log_level(options, globals, err) && set_log_format(globals, err) &&
	       find_and_run(in, &words, err);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* An answer that did not reach its reader is not a success. */
static bool flush_output(struct error *err)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(err, ERROR_CLOSED, "cannot write the output: %s", strerror(errno));
	return true;
}

/* Classic Swarm does not mind them, so nobody who sends them to all programs may end one of ours.
 */
static void ignore_user_signals(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
}

/* What others said may be in it; lines stay lines. */
static void print_error(const char *program, const char *text)
{
	auto_strv struct strv lines = STRV_INIT;

	strv_split(&lines, text, '\n');
	fprintf(stderr, "%s: ", program);
	for (size_t i = 0; i < lines.count; i++) {
		auto_strbuf struct strbuf line = STRBUF_INIT;

		strbuf_add_visible(&line, lines.items[i]);
		fprintf(stderr, "%s\n", line.buf);
	}
}

int main(int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;
	struct globals globals = { 0 };
	int failure = 1;
	struct invocation in = {
		.program = argc > 0 ? base_name(argv[0]) : "swarm",
		.globals = &globals,
		.failure = &failure,
	};
	struct options options;

	ignore_user_signals();
	options_init(&options, global_options, global_options_count, &globals);
	bool ok = run_program(
		&in, &options, argv + min_of(argc, 1), argc > 0 ? (size_t)argc - 1 : 0, &err);
	options_finish(&options);
	ok = ok && flush_output(&err);
	if (!ok && error_is_set(&err))
		print_error(in.program, err.text);
	return ok ? 0 : failure;
}
