/*
 * cmd/node_command_change.c - update, rm and lost: what an operator says about nodes.
 *
 * A drain is followed until nothing more leaves; the manager goes on with it when nobody looks.
 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cmd/node_command.h"
#include "cmd/table.h"

enum { LOOK_MS = 500 };

/* --- update --- */

static const struct option_spec update_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
	{
		"availability",
		OPTION(STRING, struct node_command_args, availability),
		.help = "active, pause (nothing new comes) or drain (what may move leaves)",
	},
	{
		"label-add",
		OPTION(LIST, struct node_command_args, label_add),
		.help = "label to set, key=value",
	},
	{
		"label-rm",
		OPTION(LIST, struct node_command_args, label_rm),
		.help = "label to take away",
	},
	{
		"role",
		OPTION(STRING, struct node_command_args, role),
		.help = "worker or manager, as it is: a manager is a program, no node",
	},
	{
		"detach",
		"d",
		OPTION(BOOL, struct node_command_args, detach),
		.help = "do not follow a drain",
	},
};

static bool remove_label(yyjson_mut_val *labels, const char *key, struct error *err)
{
	if (yyjson_mut_obj_remove_key(labels, key))
		return true;
	return error_set(err, ERROR_NOT_FOUND, "key %s doesn't exist in node's labels", key);
}

static bool change_labels(yyjson_mut_doc *doc, yyjson_mut_val *spec,
	const struct node_command_args *args, struct error *err)
{
	yyjson_mut_val *labels = yyjson_mut_obj_get(spec, "Labels");

	if (!yyjson_mut_is_obj(labels)) {
		labels = yyjson_mut_obj(doc);
		yyjson_mut_obj_put(spec, yyjson_mut_str(doc, "Labels"), labels);
	}
	for (size_t i = 0; i < args->label_add.count; i++) {
		const char *text = args->label_add.items[i];
		size_t len = strcspn(text, "=");

		yyjson_mut_obj_put(labels, yyjson_mut_strncpy(doc, text, len),
			yyjson_mut_strcpy(doc, text[len] ? text + len + 1 : ""));
	}
	for (size_t i = 0; i < args->label_rm.count; i++) {
		if (!remove_label(labels, args->label_rm.items[i], err))
			return false;
	}
	return true;
}

static void change_word(
	yyjson_mut_doc *doc, yyjson_mut_val *spec, const char *key, const char *word)
{
	if (word)
		yyjson_mut_obj_put(spec, yyjson_mut_str(doc, key), yyjson_mut_strcpy(doc, word));
}

/* The specification as it was read, with the changes. */
static bool change_spec(yyjson_val *node, const struct node_command_args *args, yyjson_mut_doc *doc,
	struct error *err)
{
	yyjson_mut_val *spec = yyjson_val_mut_copy(doc, json_get_obj(node, "Spec"));

	if (!spec)
		return error_set(err, ERROR_PROTOCOL, "the answer is no node of a manager");
	yyjson_mut_doc_set_root(doc, spec);
	change_word(doc, spec, "Availability", args->availability);
	change_word(doc, spec, "Role", args->role);
	return change_labels(doc, spec, args, err);
}

static bool send_update(
	struct talk *talk, yyjson_val *node, yyjson_mut_doc *spec, struct error *err)
{
	auto_free char *rest = xasprintf("/update?version=%lld",
		(long long)json_get_int(json_get_obj(node, "Version"), "Index", 0));
	auto_free char *target = talk_target("/nodes", json_get_str(node, "ID", ""), rest);

	return talk_ask(talk, "POST", target, spec, NULL, err);
}

/* What it says of the drain now; false: nothing more happens. */
static bool tell_drain(yyjson_val *node, const char *name, char **last)
{
	yyjson_val *status = json_get_obj(node, "Status");
	const char *state = json_get_str(status, "State", "");
	const char *message = json_get_str(status, "Message", "");
	bool drains =
		strcmp(json_get_str(json_get_obj(node, "Spec"), "Availability", ""), "drain") == 0;
	auto_free char *line = NULL;

	if (!drains)
		line = xasprintf("%s: the drain was ended, what has not left stays", name);
	else if (strcmp(state, "ready") != 0)
		line = xasprintf(
			"%s is %s, and is drained when it answers: %s", name, state, message);
	else
		line = xasprintf("%s: %s", name, message);
	if (!*last || strcmp(*last, line) != 0)
		table_print_text(stdout, line);
	fflush(stdout);
	free(*last);
	*last = steal(line);
	return drains && strcmp(state, "ready") == 0 && !str_starts_with(message, "drained");
}

/* For as long as it takes: whoever does not want to wait interrupts, and the drain goes on. */
static bool follow_drain(struct talk *talk, const char *name, struct error *err)
{
	auto_free char *target = talk_target("/nodes", name, "");
	auto_free char *last = NULL;

	for (;;) {
		auto_json yyjson_doc *node = NULL;

		if (!talk_ask(talk, "GET", target, NULL, &node, err))
			return error_wrap(err, "the drain goes on, but");
		/* who reads it may have gone */
		if (!tell_drain(yyjson_doc_get_root(node), name, &last) || ferror(stdout))
			return true;
		talk_rest(talk, LOOK_MS);
	}
}

static bool update(struct talk *talk, const struct node_command_args *args, const char *name,
	struct error *err)
{
	auto_json yyjson_doc *node = NULL;
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	auto_free char *target = talk_target("/nodes", name, "");

	if (!talk_ask(talk, "GET", target, NULL, &node, err) ||
		!change_spec(yyjson_doc_get_root(node), args, doc, err) ||
		!send_update(talk, yyjson_doc_get_root(node), doc, err))
		return false;
	table_print_text(stdout, name);
	fflush(stdout);
	if (args->detach || !args->availability || strcmp(args->availability, "drain") != 0)
		return true;
	return follow_drain(talk, name, err);
}

static bool update_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct node_command_args *args = values;
	struct talk talk;

	if (!node_command_words(in, words, 1, err) || !talk_open(&talk, &args->talk, err))
		return false;
	bool ok = update(&talk, args, words->items[0], err);

	talk_close(&talk);
	return ok;
}

const struct command command_node_update = {
	.name = "node update",
	.summary = "Change what is said about a node: availability and labels",
	.usage = "[OPTIONS] NODE",
	.options = update_options,
	.options_count = ARRAY_SIZE(update_options),
	.values_size = sizeof(struct node_command_args),
	.run = update_run,
};

/* --- rm and lost --- */

static const struct option_spec rm_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
	{
		"force",
		"f",
		OPTION(BOOL, struct node_command_args, force),
		.help = "it is out of reach, and nothing of what was on it runs any more: the same "
			"as lost",
	},
};

static const struct option_spec lost_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
};

/* Each of them; what fails does not keep the others. */
static bool remove_nodes(const struct node_command_args *args, const struct strv *words, bool force,
	struct error *err)
{
	struct talk talk;
	bool ok = true;

	if (!talk_open(&talk, &args->talk, err))
		return false;
	for (size_t i = 0; i < words->count; i++) {
		auto_error struct error reason = ERROR_INIT;
		auto_free char *target =
			talk_target("/nodes", words->items[i], force ? "?force=1" : "");

		if (talk_ask(&talk, "DELETE", target, NULL, NULL, &reason)) {
			table_print_text(stdout, words->items[i]);
			continue;
		}
		if (ok)
			error_move(err, &reason);
		else
			error_set(err, reason.code, "%s\n%s", err->text, reason.text);
		ok = false;
	}
	talk_close(&talk);
	return ok;
}

static bool rm_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct node_command_args *args = values;

	return node_command_words(in, words, SIZE_MAX, err) &&
	       remove_nodes(args, words, args->force, err);
}

static bool lost_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	return node_command_words(in, words, SIZE_MAX, err) &&
	       remove_nodes(values, words, true, err);
}

const struct command command_node_rm = {
	.name = "node rm",
	.summary = "Forget nodes that are out of reach",
	.usage = "[OPTIONS] NODE [NODE...]",
	.options = rm_options,
	.options_count = ARRAY_SIZE(rm_options),
	.values_size = sizeof(struct node_command_args),
	.run = rm_run,
};

const struct command command_node_lost = {
	.name = "node lost",
	.summary = "Say that nothing of what was on nodes runs any more",
	.details =
		"   The manager cannot see whether a node that does not answer is switched off or "
		"only cut off.\n   This is your word that it is switched off: containers with a "
		"reschedule policy are made anew\n   elsewhere, also those that are promised one "
		"copy at most.  It counts until the node answers.\n",
	.usage = "[OPTIONS] NODE [NODE...]",
	.options = lost_options,
	.options_count = ARRAY_SIZE(lost_options),
	.values_size = sizeof(struct node_command_args),
	.run = lost_run,
};
