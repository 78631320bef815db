/* cmd/status_view.c - the documents read, and the screen. */
#include "cmd/status_view.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cmd/table.h"
#include "docker/advice.h"

enum {
	SHOWN = 10, /* of one kind of problem */
	NAME_SHOWN = 80,
};

/* The corner of the node table in /info. */
#define CORNER "  \xe2\x94\x94 "

static void add_problem(struct status_view *v, char *what, const char *cause, const char *advice)
{
	array_reserve(v->problems, v->problems_count, v->problems_cap);
	v->problems[v->problems_count++] = (struct status_problem){
		.what = what,
		.cause = xstrdup(cause),
		.advice = xstrdup(advice),
	};
	if (v->state == STATUS_GOOD)
		v->state = STATUS_DEGRADED;
}

/* --- the manager --- */

static const char *cell(yyjson_val *row, size_t column)
{
	const char *text = yyjson_get_str(yyjson_arr_get(row, column));

	return text ? text : "";
}

/* What the manager says of itself, and of containers that wait for somebody's word. */
static void read_rows(struct status_view *v, yyjson_val *rows)
{
	const char *node = "";
	yyjson_val *row;
	size_t i, max;

	yyjson_arr_foreach(rows, i, max, row)
	{
		const char *key = cell(row, 0), *value = cell(row, 1);

		if (strcmp(key, "Role") == 0) {
			free(v->role);
			v->role = xstrdup(value);
		} else if (strcmp(key, "Primary") == 0) {
			free(v->leader);
			v->leader = xstrdup(value);
		} else if (key[0] == ' ' && key[1] != ' ') {
			node = key + 1;
		} else if (strcmp(key, CORNER "Waiting") == 0) {
			auto_free char *advice = xasprintf(
				"See whether the machine is off; if it is: swarm node lost %.*s",
				NAME_SHOWN, node);

			add_problem(v,
				xasprintf("containers of node %.*s wait to come back", NAME_SHOWN,
					node),
				value, advice);
		}
	}
}

void status_view_init(struct status_view *v, const char *address, yyjson_val *info, const char *why)
{
	*v = (struct status_view){
		.address = xstrdup(address),
		.version = xstrdup(json_get_str(info, "ServerVersion", "")),
		.role = xstrdup(""),
		.leader = xstrdup(""),
		.running = json_get_int(info, "ContainersRunning", 0),
		.paused_containers = json_get_int(info, "ContainersPaused", 0),
		.stopped = json_get_int(info, "ContainersStopped", 0),
	};
	read_rows(v, json_get_arr(info, "SystemStatus"));
	if (!info)
		add_problem(v, xstrdup("the manager does not answer"), why,
			"Start it (systemctl start swarm), ask another (--host), or speak TLS "
			"where "
			"it does (--tlsverify)");
	else if (!*v->role)
		add_problem(v, xstrdup("what answers is no manager"), v->version,
			"Name the address of `swarm manage` (--host), not that of an engine");
	else if (strcmp(v->role, "replica") == 0 && !*v->leader)
		add_problem(v, xstrdup("no manager leads"), "",
			"Nothing can be changed: see whether the store of the election is up");
	else
		return;
	v->state = STATUS_NOBODY;
}

void status_view_finish(struct status_view *v)
{
	for (size_t i = 0; i < v->problems_count; i++) {
		free(v->problems[i].what);
		free(v->problems[i].cause);
		free(v->problems[i].advice);
	}
	free(v->problems);
	strv_finish(&v->work);
	free(v->address);
	free(v->version);
	free(v->role);
	free(v->leader);
	*v = (struct status_view){ 0 };
}

/* --- nodes --- */

static void read_bad_node(struct status_view *v, yyjson_val *node, const char *state)
{
	yyjson_val *status = json_get_obj(node, "Status");
	const char *name = json_get_str(json_get_obj(node, "Description"), "Hostname", "");
	const char *cause = json_get_str(status, "Message", "");
	char *what;

	if (v->down + v->unknown > SHOWN)
		return;
	/* its name is not known, and its id is its address */
	if (strcmp(state, "unknown") == 0)
		what = xasprintf("node %.*s has not been reached yet", NAME_SHOWN,
			json_get_str(node, "ID", ""));
	else
		what = xasprintf("node %.*s (%s) is %s", NAME_SHOWN, name,
			json_get_str(status, "Addr", ""), state);
	add_problem(v, what, cause, advice_for_error(cause));
}

static void read_node(struct status_view *v, yyjson_val *node)
{
	const char *state = json_get_str(json_get_obj(node, "Status"), "State", "");
	const char *message = json_get_str(json_get_obj(node, "Status"), "Message", "");
	const char *word = json_get_str(json_get_obj(node, "Spec"), "Availability", "");
	bool ready = strcmp(state, "ready") == 0, drain = strcmp(word, "drain") == 0;

	v->ready += ready;
	v->down += strcmp(state, "down") == 0;
	v->unknown += strcmp(state, "unknown") == 0;
	v->paused += strcmp(word, "pause") == 0;
	v->drained += drain;
	if (!ready)
		read_bad_node(v, node, state);
	else if (drain && *message)
		strv_take(&v->work,
			xasprintf("node %.*s: %s", NAME_SHOWN,
				json_get_str(json_get_obj(node, "Description"), "Hostname", ""),
				message));
}

void status_view_nodes(struct status_view *v, yyjson_val *nodes, const char *why)
{
	yyjson_val *node;
	size_t i, max;

	yyjson_arr_foreach(nodes, i, max, node) read_node(v, node);
	if (!nodes) {
		add_problem(v, xstrdup("the manager that leads does not answer"), why,
			"See whether it runs, and whether this one can reach it");
		v->state = STATUS_NOBODY;
	} else if (yyjson_arr_size(nodes) == 0) {
		add_problem(v, xstrdup("no node is known"), "",
			"Let nodes join (swarm join), or see what discovery holds (swarm list)");
	} else if (v->down + v->unknown > SHOWN) {
		add_problem(v, xasprintf("and %zu more nodes", v->down + v->unknown - SHOWN), "",
			"See swarm node ls");
	}
}

/* --- containers --- */

static const char *first_name(yyjson_val *container)
{
	const char *name = yyjson_get_str(yyjson_arr_get_first(json_get_arr(container, "Names")));

	return name ? name + (*name == '/') : json_get_str(container, "Id", "");
}

static const char *container_advice(const char *state)
{
	if (strcmp(state, "unhealthy") == 0)
		return "See what its check says: docker inspect -f '{{json .State.Health}}'";
	if (strcmp(state, "restarting") == 0)
		return "See why it ends: docker logs";
	return "Remove it: docker rm -f; the log of its engine says what it died of";
}

void status_view_containers(struct status_view *v, yyjson_val *list, const char *state)
{
	size_t i, count = yyjson_arr_size(list), max;
	yyjson_val *container;

	yyjson_arr_foreach(list, i, max, container)
	{
		if (i == SHOWN)
			break;
		add_problem(v,
			xasprintf("container %.*s is %s", NAME_SHOWN, first_name(container), state),
			json_get_str(container, "Status", ""), container_advice(state));
	}
	if (count > SHOWN)
		add_problem(v, xasprintf("and %zu more containers are %s", count - SHOWN, state),
			"", container_advice(state));
}

/* --- the screen --- */

static void print_text(FILE *out, const char *before, const char *text)
{
	auto_strbuf struct strbuf cell_text = STRBUF_INIT;

	table_write_cell(&cell_text, text);
	fprintf(out, "%s%s\n", before, cell_text.buf);
}

static void print_manager(const struct status_view *v, FILE *out)
{
	bool leads = strcmp(v->role, "primary") == 0;
	auto_free char *line =
		xasprintf("%s%s%s%s%s", v->address, *v->version ? ", " : "", v->version,
			leads        ? ", leads"
			: *v->leader ? ", a replica; the leader is "
				     : "",
			leads ? "" : v->leader);

	print_text(out, "Manager     ", line);
}

static void print_nodes(const struct status_view *v, FILE *out)
{
	fprintf(out, "Nodes       %zu: %zu ready", v->ready + v->down + v->unknown, v->ready);
	if (v->down)
		fprintf(out, ", %zu down", v->down);
	if (v->unknown)
		fprintf(out, ", %zu never reached", v->unknown);
	if (v->paused || v->drained)
		fprintf(out, " (%zu paused, %zu drained)", v->paused, v->drained);
	fprintf(out,
		"\nContainers  %" PRId64 ": %" PRId64 " running, %" PRId64 " paused, %" PRId64
		" stopped\n",
		v->running + v->paused_containers + v->stopped, v->running, v->paused_containers,
		v->stopped);
}

static void print_problems(const struct status_view *v, FILE *out)
{
	fprintf(out, "\n%s\n", v->problems_count ? "Problems" : "No problems: all is well.");
	for (size_t i = 0; i < v->problems_count; i++) {
		const struct status_problem *p = &v->problems[i];

		print_text(out, "  ", p->what);
		if (*p->cause)
			print_text(out, "    why: ", p->cause);
		print_text(out, "    do:  ", p->advice);
	}
}

void status_view_print(const struct status_view *v, FILE *out)
{
	print_manager(v, out);
	if (v->state != STATUS_NOBODY)
		print_nodes(v, out);
	print_problems(v, out);
	if (v->work.count)
		fputs("\nUnder way\n", out);
	for (size_t i = 0; i < v->work.count; i++)
		print_text(out, "  ", v->work.items[i]);
}

/* --- JSON --- */

static void add_numbers(const struct status_view *v, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *nodes = yyjson_mut_obj_add_obj(doc, root, "Nodes");
	yyjson_mut_val *containers = yyjson_mut_obj_add_obj(doc, root, "Containers");

	yyjson_mut_obj_add_uint(doc, nodes, "Ready", v->ready);
	yyjson_mut_obj_add_uint(doc, nodes, "Down", v->down);
	yyjson_mut_obj_add_uint(doc, nodes, "Unknown", v->unknown);
	yyjson_mut_obj_add_uint(doc, nodes, "Paused", v->paused);
	yyjson_mut_obj_add_uint(doc, nodes, "Drained", v->drained);
	yyjson_mut_obj_add_sint(doc, containers, "Running", v->running);
	yyjson_mut_obj_add_sint(doc, containers, "Paused", v->paused_containers);
	yyjson_mut_obj_add_sint(doc, containers, "Stopped", v->stopped);
}

yyjson_mut_val *status_view_json(const struct status_view *v, yyjson_mut_doc *doc)
{
	static const char *const words[] = { "good", "degraded", "nobody" };
	yyjson_mut_val *root = yyjson_mut_obj(doc), *list;

	yyjson_mut_obj_add_str(doc, root, "State", words[v->state]);
	yyjson_mut_obj_add_strcpy(doc, root, "Manager", v->address);
	yyjson_mut_obj_add_strcpy(doc, root, "Version", v->version);
	yyjson_mut_obj_add_strcpy(doc, root, "Role", v->role);
	yyjson_mut_obj_add_strcpy(doc, root, "Leader", v->leader);
	add_numbers(v, doc, root);
	list = yyjson_mut_obj_add_arr(doc, root, "Problems");
	for (size_t i = 0; i < v->problems_count; i++) {
		yyjson_mut_val *p = yyjson_mut_arr_add_obj(doc, list);

		yyjson_mut_obj_add_strcpy(doc, p, "What", v->problems[i].what);
		yyjson_mut_obj_add_strcpy(doc, p, "Why", v->problems[i].cause);
		yyjson_mut_obj_add_strcpy(doc, p, "Do", v->problems[i].advice);
	}
	list = yyjson_mut_obj_add_arr(doc, root, "Work");
	for (size_t i = 0; i < v->work.count; i++)
		yyjson_mut_arr_add_strcpy(doc, list, v->work.items[i]);
	return root;
}
