/* cmd/help.c - columns as wide as their longest word. */
#include "cmd/help.h"

#include <string.h>

#include "cmd/version.h"
#include "discovery/schemes.h"

#define TAB 8

/* --- columns, aligned with tabs --- */

struct columns {
	FILE *out;
	const char *indent;
	size_t width; /* of the first column, up to a tab stop */
};

static void columns_note(struct columns *c, const char *label)
{
	size_t need = strlen(c->indent) + strlen(label) + 1;

	c->width = max_of(c->width, (need + TAB - 1) / TAB * TAB);
}

static void columns_print(const struct columns *c, const char *label, const char *text)
{
	size_t at = strlen(c->indent) + strlen(label);

	fprintf(c->out, "%s%s", c->indent, label);
	for (; at < c->width; at = (at / TAB + 1) * TAB)
		fputc('\t', c->out);
	fprintf(c->out, "%s\n", text);
}

/* --- options --- */

static void add_words(const struct option_spec *spec, struct strbuf *text)
{
	auto_strv struct strv words = STRV_INIT;
	auto_free char *joined = NULL;

	if (!spec->words)
		return;
	spec->words(&words);
	joined = strv_join(&words, ", ");
	strbuf_addf(text, ": %s", joined);
}

static void print_option(const struct columns *c, const struct option_spec *spec)
{
	auto_strbuf struct strbuf label = STRBUF_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	option_label(spec, &label);
	strbuf_add_str(&text, spec->help);
	add_words(spec, &text);
	if (spec->env)
		strbuf_addf(&text, " [$%s]", spec->env);
	columns_print(c, label.buf, text.buf);
	for (const char *const *more = spec->more; more && *more; more++)
		columns_print(c, "", *more);
}

static void print_options(
	FILE *out, const char *indent, const struct option_spec *specs, size_t count)
{
	struct columns c = { .out = out, .indent = indent };

	fputs("Options:\n", out);
	for (size_t i = 0; i < count; i++) {
		auto_strbuf struct strbuf label = STRBUF_INIT;
		option_label(&specs[i], &label);
		columns_note(&c, label.buf);
	}
	for (size_t i = 0; i < count; i++)
		print_option(&c, &specs[i]);
}

/* --- the program --- */

static void command_label(const struct command *command, struct strbuf *ret)
{
	strbuf_add_str(ret, command->name);
	if (command->alias && !command->alias_hidden)
		strbuf_addf(ret, ", %s", command->alias);
}

static void print_commands(FILE *out, const struct command *const *list)
{
	struct columns c = { .out = out, .indent = "  " };

	fputs("Commands:\n", out);
	for (size_t i = 0; list[i]; i++) {
		auto_strbuf struct strbuf label = STRBUF_INIT;
		command_label(list[i], &label);
		columns_note(&c, label.buf);
	}
	for (size_t i = 0; list[i]; i++) {
		auto_strbuf struct strbuf label = STRBUF_INIT;
		command_label(list[i], &label);
		columns_print(&c, label.buf, list[i]->summary);
	}
}

void help_print_program(FILE *out, const char *program)
{
	fprintf(out, "Usage: %s [OPTIONS] COMMAND [arg...]\n\n", program);
	fprintf(out, "Many Docker engines, used as one\n\n");
	fprintf(out, "Version: %s (%s)\n\n", SWARM_VERSION, SWARM_COMMIT);
	print_options(out, "  ", global_options, global_options_count);
	fputs("  \n", out);
	print_commands(out, commands);
	fputs("  \n", out);
	fprintf(out, "Run '%s COMMAND --help' for more information on a command.\n", program);
}

/* --- a command --- */

static void print_discovery_argument(FILE *out)
{
	fputs("Arguments:\n", out);
	fputs("   <discovery>    discovery service to use [$SWARM_DISCOVERY]\n", out);
	for (size_t i = 0; i < discovery_schemes_count; i++) {
		const struct discovery_scheme *s = &discovery_schemes[i];
		fprintf(out, "                   * %s\n", s->form);
	}
	fputc('\n', out);
}

void help_print_command(FILE *out, const char *program, const struct command *command)
{
	fprintf(out, "Usage: %s %s%s%s\n\n%s\n", program, command->name, *command->usage ? " " : "",
		command->usage, command->summary);
	if (command->details)
		fprintf(out, "\n%s", command->details);
	if (command->takes_discovery || command->options_count)
		fputc('\n', out);
	if (command->takes_discovery)
		print_discovery_argument(out);
	if (command->options_count)
		print_options(out, "   ", command->options, command->options_count);
	if (command->actions) {
		fputc('\n', out);
		print_commands(out, command->actions);
	}
}

/* --- the command "help" --- */

static bool help_run(const struct invocation *in, maybe_unused const void *values,
	const struct strv *words, struct error *err)
{
	if (words->count == 0) {
		help_print_program(stdout, in->program);
		return true;
	}
	size_t used = 0;
	const struct command *command = commands_choose(words, &used, err);

	if (!command)
		return false;
	if (words->count > used)
		return error_set(err, ERROR_INVALID, "help takes one command, and '%s' is another",
			words->items[used]);
	help_print_command(stdout, in->program, command);
	return true;
}

const struct command command_help = {
	.name = "help",
	.alias = "h",
	.alias_hidden = true,
	.summary = "Show the commands, or the help of one",
	.usage = "[command]",
	.run = help_run,
};
