/*
 * cmd/command.h - a command of the program, as a row.
 *
 * main.c parses the words by the tables, deals with help and usage errors, and calls run with
 * values that are complete; what the values mean is the command's own business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "cmd/options.h"

/* Options before the command. */
struct globals {
	bool debug;
	char *log_level;
	char *log_format;
	bool experimental;
	bool help;
	bool version;
};

struct command;

/* One run of the program; everything is borrowed and lives until main returns. */
struct invocation {
	const char *program; /* base name of argv[0] */
	const struct globals *globals;
	const struct command *command;
	int *failure; /* exit status of a run that fails; 1 unless it says otherwise */
};

struct command {
	const char *name;  /* of an action its command stands before it: "node ls" */
	const char *alias; /* second name, or NULL */
	bool alias_hidden; /* from the help */
	const char *summary;
	const char *details; /* lines of its help below the summary, or NULL */
	const char *usage;   /* behind the name in the first line of its help */
	bool takes_discovery;
	bool ends_options; /* the first word that is no option does, as in `docker run` */
	/* NULL-terminated, with tables and runs of their own; then it has none itself.  NULL: none.
	 */
	const struct command *const *actions;
	const struct option_spec *options;
	size_t options_count;
	size_t values_size; /* of the struct that the options fill */
	/* Exit status 0, or err is set: main prints it and exits 1 (see failure).  A run that has
	 * printed why already returns false and leaves err empty. */
	bool (*run)(const struct invocation *in, const void *values, const struct strv *words,
		struct error *err);
};

extern const struct command command_create;
extern const struct command command_list;
extern const struct command command_manage;
extern const struct command command_join;
extern const struct command command_cert;
extern const struct command command_node;
extern const struct command command_status;
extern const struct command command_top;
extern const struct command command_place;
extern const struct command command_help;

extern const struct option_spec global_options[];
extern const size_t global_options_count;

/* All of them, in the order of the help; NULL at the end. */
extern const struct command *const commands[];
/* By name or alias; NULL when there is none. */
const struct command *commands_find(const char *name);
/* Of the words of a command line, which begin with its name: the command, or its action when the
 * second word names one; ret_count: how many words that took. */
const struct command *commands_choose(
	const struct strv *words, size_t *ret_count, struct error *err);
