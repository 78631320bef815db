/* cmd/place.c - `swarm place`: where a container would go, and why nowhere else; nothing is made.
 */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/uri.h"
#include "cmd/command.h"
#include "cmd/place_body.h"
#include "cmd/table.h"
#include "cmd/talk.h"

struct place_args {
	struct talk_args talk;
	struct place_wish wish;
	bool explain, json;
};

static const struct option_spec place_options[] = {
	TALK_OPTIONS(struct place_args, talk),
	{
		"explain",
		OPTION(BOOL, struct place_args, explain),
		.help = "say of every node which filters refuse it, and what it weighs",
	},
	{
		"json",
		OPTION(BOOL, struct place_args, json),
		.help = "print the manager's answer in JSON",
	},
	{
		"env",
		"e",
		OPTION(LIST, struct place_args, wish.env),
		.help = "as docker run: constraint:..., affinity:..., reschedule:...",
	},
	{
		"label",
		"l",
		OPTION(LIST, struct place_args, wish.labels),
		.help = "as docker run",
	},
	{
		"cpu-shares",
		"c",
		OPTION(INT, struct place_args, wish.cpu_shares),
		.initial = "0",
		.help = "as docker run",
	},
	{ "cpus", OPTION(STRING, struct place_args, wish.cpus), .help = "as docker run" },
	{
		"memory",
		"m",
		OPTION(STRING, struct place_args, wish.memory),
		.help = "as docker run, such as 512m",
	},
	{
		"publish",
		"p",
		OPTION(LIST, struct place_args, wish.publish),
		.help = "as docker run",
	},
	{
		"volume",
		"v",
		OPTION(LIST, struct place_args, wish.volumes),
		.help = "as docker run",
	},
	{
		"volumes-from",
		OPTION(LIST, struct place_args, wish.volumes_from),
		.help = "as docker run",
	},
	{ "link", OPTION(LIST, struct place_args, wish.links), .help = "as docker run" },
	{
		"network",
		"net",
		OPTION(STRING, struct place_args, wish.network),
		.help = "as docker run",
	},
	{ "name", OPTION(STRING, struct place_args, wish.name), .help = "as docker run" },
	{
		"platform",
		OPTION(STRING, struct place_args, wish.platform),
		.help = "as docker run, such as linux/arm64",
	},
	{
		"gpus",
		OPTION(STRING, struct place_args, wish.gpus),
		.help = "as docker run: all, a number, or device=ID[,ID...]",
	},
};

/* --- the question --- */

static void add_parameter(struct strbuf *target, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	strbuf_addf(target, "&%s=", key);
	uri_encode_query(target, value);
}

static bool ask(
	const struct place_args *args, yyjson_mut_doc *body, yyjson_doc **ret, struct error *err)
{
	auto_strbuf struct strbuf target = STRBUF_INIT;
	struct talk talk;

	if (!talk_open(&talk, &args->talk, err))
		return false;
	strbuf_add_str(&target, "/containers/create?dryrun=1");
	add_parameter(&target, "name", args->wish.name);
	add_parameter(&target, "platform", args->wish.platform);
	bool ok = talk_ask(&talk, "POST", target.buf, body, ret, err);

	talk_close(&talk);
	return ok;
}

/* --- the answer --- */

/* Those that fit before those that do not, the lightest first. */
static int compare_nodes(const void *a, const void *b)
{
	yyjson_val *x = *(yyjson_val *const *)a, *y = *(yyjson_val *const *)b;
	bool fits = json_get_bool(x, "Fits", false);
	double weight_x = json_get_real(x, "Weight", 0), weight_y = json_get_real(y, "Weight", 0);

	if (fits != json_get_bool(y, "Fits", false))
		return fits ? -1 : 1;
	if (weight_x != weight_y)
		return weight_x < weight_y ? -1 : 1;
	return strcmp(json_get_str(x, "Name", ""), json_get_str(y, "Name", ""));
}

static void add_row(struct table *t, yyjson_val *node, const char *chosen)
{
	const char *name = json_get_str(node, "Name", "");
	auto_strv struct strv refused = STRV_INIT;

	json_get_strv(node, "RefusedBy", &refused);
	auto_free char *reasons = strv_join(&refused, ", ");

	table_add(t, name);
	table_add(t, json_get_str(node, "Addr", ""));
	table_add(t, reasons);
	if (json_get_bool(node, "Fits", false)) {
		table_addf(t, "%.6g", json_get_real(node, "Weight", 0));
		table_addf(t, "%" PRId64, json_get_int(node, "Containers", 0));
	} else {
		table_add(t, "");
		table_add(t, "");
	}
	table_add(t, strcmp(name, chosen) == 0 ? "chosen" : "");
}

static void print_nodes(yyjson_val *answer)
{
	static const char *const titles[] = { "NODE", "ADDRESS", "REFUSED BY", "WEIGHT",
		"CONTAINERS", "", NULL };
	yyjson_val *nodes = json_get_arr(answer, "Nodes"), *node;
	size_t i, count = yyjson_arr_size(nodes), max;
	auto_free yyjson_val **sorted = xcalloc(max_of(count, (size_t)1), sizeof(*sorted));
	struct table t;

	yyjson_arr_foreach(nodes, i, max, node) sorted[i] = node;
	qsort(sorted, count, sizeof(*sorted), compare_nodes);
	table_init(&t, titles);
	for (i = 0; i < count; i++)
		add_row(&t, sorted[i], json_get_str(answer, "Node", ""));
	table_print(&t, stdout);
	table_finish(&t);
}

/* "spread: 3 nodes, 2 fit, 1 of them preferred" */
static void print_choice(yyjson_val *answer)
{
	yyjson_val *why = json_get_obj(answer, "Placement");
	int64_t fit = json_get_int(why, "Fitting", 0);
	auto_free char *line = xasprintf("%s, by %s: %" PRId64 " nodes, %" PRId64 " fit, %" PRId64
					 " of them preferred",
		json_get_str(answer, "Node", ""), json_get_str(why, "Strategy", ""),
		json_get_int(why, "Nodes", 0), fit, json_get_int(why, "Preferred", fit));

	table_print_text(stdout, line);
	fputc('\n', stdout);
}

static bool print_answer(const struct place_args *args, yyjson_val *answer, struct error *err)
{
	const char *node = json_get_str(answer, "Node", "");

	if (args->json)
		table_print_json(stdout, answer, true);
	else if (*node && !args->explain)
		table_print_text(stdout, node);
	else if (*node)
		print_choice(answer);
	if (args->explain && !args->json)
		print_nodes(answer);
	return *node || error_set(err, ERROR_UNAVAILABLE, "%s",
				json_get_str(answer, "Message", "no node was chosen"));
}

static bool place_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct place_args *args = values;
	auto_json yyjson_doc *answer = NULL;

	if (words->count == 0)
		return error_set(err, ERROR_INVALID,
			"place takes an image, as docker run does.  See '%s place --help'.",
			in->program);
	auto_json_mut yyjson_mut_doc *body =
		place_body(&args->wish, words->items[0], words->items + 1, words->count - 1, err);

	return body && ask(args, body, &answer, err) &&
	       print_answer(args, yyjson_doc_get_root(answer), err);
}

const struct command command_place = {
	.name = "place",
	.summary = "Show where a container would be placed, and why; nothing is made",
	.usage = "[OPTIONS] IMAGE [COMMAND...]",
	.ends_options = true,
	.options = place_options,
	.options_count = ARRAY_SIZE(place_options),
	.values_size = sizeof(struct place_args),
	.run = place_run,
};
