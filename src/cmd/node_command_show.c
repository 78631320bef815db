/* cmd/node_command_show.c - ls, ps and inspect: columns and words as docker node has them. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "cmd/node_command.h"
#include "cmd/table.h"

#define FORMAT_OPTIONS                                                                             \
	{                                                                                          \
		"format",                                                                          \
		OPTION(STRING, struct node_command_args, format),                                  \
		.help = "table or json (an object a line)",                                        \
	},                                                                                         \
	{                                                                                          \
		"json", OPTION(BOOL, struct node_command_args, json),                              \
			.help = "the same as --format json",                                       \
	}

/* --- words --- */

/* "ready" -> "Ready" */
static char *capital(const char *word)
{
	char *text = xstrdup(word);

	*text = (char)toupper((unsigned char)*text);
	return text;
}

static const char *text_in(yyjson_val *node, const char *part, const char *key)
{
	return json_get_str(json_get_obj(node, part), key, "");
}

static const char *engine_version(yyjson_val *node)
{
	return text_in(json_get_obj(node, "Description"), "Engine", "EngineVersion");
}

static char *manager_status(yyjson_val *node)
{
	yyjson_val *status = json_get_obj(node, "ManagerStatus");

	if (json_get_bool(status, "Leader", false))
		return xstrdup("Leader");
	return capital(json_get_str(status, "Reachability", ""));
}

/* Keys are static; texts are copied. */
static void put(yyjson_mut_doc *doc, const char *key, const char *text)
{
	yyjson_mut_obj_add_strcpy(doc, yyjson_mut_doc_get_root(doc), key, text);
}

/* --- filters --- */

/* {"name":{"web":true}} as a query; caller frees. */
static char *filters_query(const struct strv *filters)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	struct strbuf query = STRBUF_INIT;

	yyjson_mut_doc_set_root(doc, root);
	for (size_t i = 0; i < filters->count; i++) {
		const char *text = filters->items[i];
		size_t len = strcspn(text, "=");
		yyjson_mut_val *values = yyjson_mut_obj_getn(root, text, len);

		if (!values) {
			values = yyjson_mut_obj(doc);
			yyjson_mut_obj_add(root, yyjson_mut_strncpy(doc, text, len), values);
		}
		yyjson_mut_obj_put(values, yyjson_mut_strcpy(doc, text[len] ? text + len + 1 : ""),
			yyjson_mut_true(doc));
	}
	auto_free char *json = json_doc_text(doc, NULL);

	strbuf_add_str(&query, "?filters=");
	uri_encode_query(&query, json);
	return strbuf_steal(&query);
}

static bool check_filters(const struct strv *filters, struct error *err)
{
	for (size_t i = 0; i < filters->count; i++) {
		if (!strchr(filters->items[i], '='))
			return error_set(err, ERROR_INVALID,
				"invalid argument '%s' for --filter: bad format of filter "
				"(expected "
				"name=value)",
				filters->items[i]);
	}
	return true;
}

/* --- ls --- */

static const struct option_spec ls_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
	{
		"filter",
		"f",
		OPTION(LIST, struct node_command_args, filters),
		.help = "only those with name=, id=, role=, label= (of the engine), node.label=",
	},
	FORMAT_OPTIONS,
	{ "quiet", "q", OPTION(BOOL, struct node_command_args, quiet), .help = "only the ids" },
};

static void add_node_row(struct table *t, yyjson_val *node)
{
	auto_free char *state = capital(text_in(node, "Status", "State"));
	auto_free char *availability = capital(text_in(node, "Spec", "Availability"));
	auto_free char *manager = manager_status(node);

	/* where the docker command marks the node that it talks to */
	table_addf(t, "%s  ", json_get_str(node, "ID", ""));
	table_add(t, text_in(node, "Description", "Hostname"));
	table_add(t, state);
	table_add(t, availability);
	table_add(t, manager);
	table_add(t, engine_version(node));
}

static void print_node_json(yyjson_val *node)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	auto_free char *state = capital(text_in(node, "Status", "State"));
	auto_free char *availability = capital(text_in(node, "Spec", "Availability"));
	auto_free char *manager = manager_status(node);

	yyjson_mut_doc_set_root(doc, yyjson_mut_obj(doc));
	put(doc, "Availability", availability);
	put(doc, "EngineVersion", engine_version(node));
	put(doc, "Hostname", text_in(node, "Description", "Hostname"));
	put(doc, "ID", json_get_str(node, "ID", ""));
	put(doc, "ManagerStatus", manager);
	yyjson_mut_obj_add_bool(doc, yyjson_mut_doc_get_root(doc), "Self", false);
	put(doc, "Status", state);
	put(doc, "TLSStatus", "Unknown");
	table_print_mut_json(stdout, yyjson_mut_doc_get_root(doc), false);
}

static void print_nodes(const struct node_command_args *args, yyjson_val *nodes, bool json)
{
	static const char *const titles[] = { "ID", "HOSTNAME", "STATUS", "AVAILABILITY",
		"MANAGER STATUS", "ENGINE VERSION", NULL };
	struct table t;
	yyjson_val *node;
	size_t i, max;

	table_init(&t, titles);
	yyjson_arr_foreach(nodes, i, max, node)
	{
		if (args->quiet)
			table_print_text(stdout, json_get_str(node, "ID", ""));
		else if (json)
			print_node_json(node);
		else
			add_node_row(&t, node);
	}
	if (!args->quiet && !json)
		table_print(&t, stdout);
	table_finish(&t);
}

static bool ls_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct node_command_args *args = values;
	auto_json yyjson_doc *nodes = NULL;
	struct talk talk;
	bool json;

	if (words->count)
		return error_set(err, ERROR_INVALID, "%s takes no arguments", in->command->name);
	if (!node_command_json(args, &json, err) || !check_filters(&args->filters, err) ||
		!talk_open(&talk, &args->talk, err))
		return false;
	auto_free char *query = filters_query(&args->filters);
	auto_free char *target = xasprintf("/nodes%s", query);
	bool ok = talk_ask(&talk, "GET", target, NULL, &nodes, err);

	talk_close(&talk);
	if (ok)
		print_nodes(args, yyjson_doc_get_root(nodes), json);
	return ok;
}

const struct command command_node_ls = {
	.name = "node ls",
	.summary = "List the nodes",
	.usage = "[OPTIONS]",
	.options = ls_options,
	.options_count = ARRAY_SIZE(ls_options),
	.values_size = sizeof(struct node_command_args),
	.run = ls_run,
};

/* --- ps --- */

static const struct option_spec ps_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
	{
		"filter",
		"f",
		OPTION(LIST, struct node_command_args, filters),
		.help = "only those with name=, id=, label=, desired-state=",
	},
	FORMAT_OPTIONS,
	{ "quiet", "q", OPTION(BOOL, struct node_command_args, quiet), .help = "only the ids" },
	{
		"no-trunc",
		OPTION(BOOL, struct node_command_args, no_trunc),
		.help = "do not shorten ids and errors",
	},
};

enum { TASK_COLUMNS = 8 };
static const char *const task_titles[] = { "ID", "NAME", "IMAGE", "NODE", "DESIRED STATE",
	"CURRENT STATE", "ERROR", "PORTS", NULL };
/* In the order of their names, as the docker command writes its objects. */
static const struct {
	const char *key;
	size_t column;
} task_members[TASK_COLUMNS] = {
	{ "CurrentState", 5 },
	{ "DesiredState", 4 },
	{ "Error", 6 },
	{ "ID", 0 },
	{ "Image", 2 },
	{ "Name", 1 },
	{ "Node", 3 },
	{ "Ports", 7 },
};

/* "Running 5 seconds ago" */
static char *current_state(yyjson_val *status)
{
	auto_free char *state = capital(json_get_str(status, "State", ""));
	auto_strbuf struct strbuf age = STRBUF_INIT;
	int64_t since_ns = 0;

	time_parse_rfc3339(json_get_str(status, "Timestamp", ""), &since_ns);
	format_human_duration(&age, max_of((clock_wall_ns() - since_ns) / NS_PER_S, (int64_t)0));
	*age.buf = (char)tolower((unsigned char)*age.buf);
	return xasprintf("%s %s ago", state, age.buf);
}

static char *task_error(yyjson_val *status, bool whole)
{
	enum { ERROR_SHOWN = 30 };
	const char *text = json_get_str(status, "Err", "");

	if (!*text)
		return xstrdup("");
	if (whole || strlen(text) <= ERROR_SHOWN)
		return xasprintf("\"%s\"", text);
	return xasprintf("\"%.*s…\"", ERROR_SHOWN - 1, text);
}

/* "*:8080->80/tcp" */
static char *task_ports(yyjson_val *status)
{
	struct strbuf text = STRBUF_INIT;
	yyjson_val *port;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(json_get_obj(status, "PortStatus"), "Ports"), i, max, port)
		strbuf_addf(&text, "%s*:%" PRId64 "->%" PRId64 "/%s", text.len ? "," : "",
			json_get_int(port, "PublishedPort", 0), json_get_int(port, "TargetPort", 0),
			json_get_str(port, "Protocol", ""));
	return strbuf_steal(&text);
}

/* The cells of one, appended. */
static void task_cells(
	const struct node_command_args *args, yyjson_val *task, const char *node, struct strv *ret)
{
	yyjson_val *status = json_get_obj(task, "Status");
	const char *id = json_get_str(task, "ID", "");
	const char *image = text_in(json_get_obj(task, "Spec"), "ContainerSpec", "Image");

	strv_add_n(ret, id, args->no_trunc ? strlen(id) : strnlen(id, 12));
	strv_take(ret, xasprintf("%s.%" PRId64, json_get_str(task, "ServiceID", ""),
			       json_get_int(task, "Slot", 0)));
	strv_add_n(ret, image, args->no_trunc ? strlen(image) : strcspn(image, "@"));
	strv_add(ret, node);
	strv_take(ret, capital(json_get_str(task, "DesiredState", "")));
	strv_take(ret, current_state(status));
	strv_take(ret, task_error(status, args->no_trunc));
	strv_take(ret, task_ports(status));
}

static void print_task_json(const struct strv *cells)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);

	yyjson_mut_doc_set_root(doc, yyjson_mut_obj(doc));
	for (size_t i = 0; i < TASK_COLUMNS; i++)
		put(doc, task_members[i].key, cells->items[task_members[i].column]);
	table_print_mut_json(stdout, yyjson_mut_doc_get_root(doc), false);
}

static int compare_tasks(const void *a, const void *b)
{
	return compare_natural(json_get_str(*(yyjson_val *const *)a, "ServiceID", ""),
		json_get_str(*(yyjson_val *const *)b, "ServiceID", ""));
}

/* What runs on one node. */
static void print_tasks(const struct node_command_args *args, yyjson_val *tasks, const char *node,
	bool json, struct table *t)
{
	size_t i, count = yyjson_arr_size(tasks), max;
	auto_free yyjson_val **sorted = xcalloc(max_of(count, (size_t)1), sizeof(*sorted));
	yyjson_val *task;

	yyjson_arr_foreach(tasks, i, max, task) sorted[i] = task;
	qsort(sorted, count, sizeof(*sorted), compare_tasks);
	for (i = 0; i < count; i++) {
		auto_strv struct strv cells = STRV_INIT;

		task_cells(args, sorted[i], node, &cells);
		if (args->quiet)
			table_print_text(stdout, cells.items[0]);
		else if (json)
			print_task_json(&cells);
		for (size_t c = 0; !args->quiet && !json && c < TASK_COLUMNS; c++)
			table_add(t, cells.items[c]);
	}
}

static bool ps_one(struct talk *talk, const struct node_command_args *args, const char *name,
	bool json, struct table *t, struct error *err)
{
	auto_json yyjson_doc *node = NULL, *tasks = NULL;
	auto_free char *target = talk_target("/nodes", name, "");
	auto_strv struct strv filters = STRV_INIT;

	if (!talk_ask(talk, "GET", target, NULL, &node, err))
		return false;
	strv_copy(&filters, &args->filters);
	strv_take(
		&filters, xasprintf("node=%s", json_get_str(yyjson_doc_get_root(node), "ID", "")));
	auto_free char *query = filters_query(&filters);
	auto_free char *list = xasprintf("/tasks%s", query);

	if (!talk_ask(talk, "GET", list, NULL, &tasks, err))
		return false;
	print_tasks(args, yyjson_doc_get_root(tasks),
		text_in(yyjson_doc_get_root(node), "Description", "Hostname"), json, t);
	return true;
}

static bool ps_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct node_command_args *args = values;
	struct talk talk;
	struct table t;
	bool json, ok = true;

	if (!node_command_words(in, words, SIZE_MAX, err) || !node_command_json(args, &json, err) ||
		!check_filters(&args->filters, err) || !talk_open(&talk, &args->talk, err))
		return false;
	table_init(&t, task_titles);
	for (size_t i = 0; i < words->count && ok; i++)
		ok = ps_one(&talk, args, words->items[i], json, &t, err);
	if (ok && !args->quiet && !json)
		table_print(&t, stdout);
	table_finish(&t);
	talk_close(&talk);
	return ok;
}

const struct command command_node_ps = {
	.name = "node ps",
	.summary = "List the containers of nodes",
	.usage = "[OPTIONS] NODE [NODE...]",
	.options = ps_options,
	.options_count = ARRAY_SIZE(ps_options),
	.values_size = sizeof(struct node_command_args),
	.run = ps_run,
};

/* --- inspect --- */

static const struct option_spec inspect_options[] = {
	TALK_OPTIONS(struct node_command_args, talk),
	FORMAT_OPTIONS,
	{
		"pretty",
		OPTION(BOOL, struct node_command_args, pretty),
		.help = "for people",
	},
};

static void print_line(const char *name, const char *text)
{
	printf("%-24s", name);
	table_print_text(stdout, text);
}

static void print_labels(const char *title, yyjson_val *labels)
{
	yyjson_val *key, *value;
	size_t i, max;

	if (yyjson_obj_size(labels) == 0)
		return;
	printf("%s\n", title);
	yyjson_obj_foreach(labels, i, max, key, value)
	{
		auto_free char *text = xasprintf("%s=%s", yyjson_get_str(key),
			yyjson_is_str(value) ? yyjson_get_str(value) : "");
		auto_strbuf struct strbuf cell = STRBUF_INIT;

		table_write_cell(&cell, text);
		printf(" - %s\n", cell.buf);
	}
}

static void print_resources(yyjson_val *resources)
{
	auto_strbuf struct strbuf memory = STRBUF_INIT;
	auto_free char *cpus =
		xasprintf("%.4g", (double)json_get_int(resources, "NanoCPUs", 0) / 1e9);

	format_human_size(&memory, json_get_int(resources, "MemoryBytes", 0));
	printf("Resources:\n");
	print_line(" CPUs:", cpus);
	print_line(" Memory:", memory.buf);
}

static void print_pretty(yyjson_val *node)
{
	yyjson_val *description = json_get_obj(node, "Description");
	yyjson_val *engine = json_get_obj(description, "Engine");
	auto_free char *state = capital(text_in(node, "Status", "State"));
	auto_free char *availability = capital(text_in(node, "Spec", "Availability"));
	auto_free char *manager = manager_status(node);

	print_line("ID:", json_get_str(node, "ID", ""));
	print_labels("Labels:", json_get_obj(json_get_obj(node, "Spec"), "Labels"));
	print_line("Hostname:", json_get_str(description, "Hostname", ""));
	print_line("Known since:", json_get_str(node, "CreatedAt", ""));
	printf("Status:\n");
	print_line(" State:", state);
	if (*text_in(node, "Status", "Message"))
		print_line(" Message:", text_in(node, "Status", "Message"));
	print_line(" Availability:", availability);
	print_line(" Address:", text_in(node, "Status", "Addr"));
	if (*manager)
		print_line("Manager Status:", manager);
	printf("Platform:\n");
	print_line(" Operating System:", text_in(description, "Platform", "OS"));
	print_line(" Architecture:", text_in(description, "Platform", "Architecture"));
	print_resources(json_get_obj(description, "Resources"));
	print_line("Engine Version:", json_get_str(engine, "EngineVersion", ""));
	print_labels("Engine Labels:", json_get_obj(engine, "Labels"));
}

static void print_inspected(
	const struct node_command_args *args, yyjson_doc *const *nodes, size_t count, bool json)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	for (size_t i = 0; i < count; i++) {
		yyjson_val *node = yyjson_doc_get_root(nodes[i]);

		if (args->pretty)
			print_pretty(node);
		else if (json)
			table_print_json(stdout, node, false);
		else
			yyjson_mut_arr_append(list, yyjson_val_mut_copy(doc, node));
	}
	if (!args->pretty && !json)
		table_print_mut_json(stdout, list, true);
}

static bool inspect_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct node_command_args *args = values;
	struct talk talk;
	bool json, ok = true;

	if (!node_command_words(in, words, SIZE_MAX, err) || !node_command_json(args, &json, err) ||
		!talk_open(&talk, &args->talk, err))
		return false;
	yyjson_doc **nodes = xcalloc(words->count, sizeof(yyjson_doc *));

	for (size_t i = 0; i < words->count && ok; i++) {
		auto_free char *target = talk_target("/nodes", words->items[i], "");

		ok = talk_ask(&talk, "GET", target, NULL, &nodes[i], err);
	}
	talk_close(&talk);
	if (ok)
		print_inspected(args, nodes, words->count, json);
	for (size_t i = 0; i < words->count; i++)
		yyjson_doc_free(nodes[i]);
	free(nodes);
	return ok;
}

const struct command command_node_inspect = {
	.name = "node inspect",
	.summary = "Show all that is known of nodes",
	.usage = "[OPTIONS] NODE [NODE...]",
	.options = inspect_options,
	.options_count = ARRAY_SIZE(inspect_options),
	.values_size = sizeof(struct node_command_args),
	.run = inspect_run,
};
