/*
 * cmd/options.h - options as tables.
 *
 * A command has one table of rows and one struct of values; a row says where in the struct its
 * value goes.  Parsing, defaults, environment and help all come from the table.  The syntax is
 * that of classic Swarm, so that old scripts and units keep working:
 * one dash or two, "-x=v" or "-x v", booleans with a value only after '='.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strv.h"

enum option_kind {
	OPTION_BOOL,   /* bool */
	OPTION_STRING, /* char *, owned; NULL when neither given nor defaulted */
	OPTION_INT,    /* int64_t */
	OPTION_LIST,   /* struct strv */
};

struct option_spec {
	const char *name;
	const char *alias; /* second spelling, or NULL */
	enum option_kind kind;
	size_t offset;       /* of the value in the struct of values */
	const char *initial; /* default as text, or NULL; of lists, separated by commas */
	const char *env;     /* variable that replaces the default, or NULL */
	const char *help;    /* one line */
	/* NULL, or the words that it takes, from the table that knows them; they end the help. */
	void (*words)(struct strv *ret);
	const char *const *more; /* NULL-terminated further lines of help, or NULL */
};

/* Rows read as: { OPTION(STRING, struct manage_args, strategy), "strategy", .initial = ... } */
#define OPTION(kind_, type, member) .kind = OPTION_##kind_, .offset = offsetof(type, member)

enum options_order {
	OPTIONS_FIRST,    /* stop at the first other word: it is the command */
	OPTIONS_ANYWHERE, /* before, between and after other words; "--" ends them */
};

/* At most 64 rows. */
struct options {
	const struct option_spec *specs;
	size_t count;
	void *values;      /* borrowed */
	uint64_t by_name;  /* a bit per row: given on the command line as --name */
	uint64_t by_alias; /* ... as --alias */
	bool help;         /* -h or --help was met, and no row has that name */
};

/* values is zeroed memory of the caller; it receives the defaults, from the environment too. */
void options_init(struct options *o, const struct option_spec *specs, size_t count, void *values);
void options_finish(struct options *o);

/*
 * The words that are not options are appended to ret_rest.  Parsing ends at a request for help.
 * Errors are ERROR_INVALID with the texts of classic Swarm.
 */
bool options_parse(struct options *o, char *const *words, size_t count, enum options_order order,
	struct strv *ret_rest, struct error *err);
/* On the command line; defaults do not count. */
bool options_given(const struct options *o, const char *name);

/* "--log-level, -l \"info\"" */
void option_label(const struct option_spec *spec, struct strbuf *ret);
