/*
 * docker/container_entry.c - the list entry, taken apart and kept as text.
 *
 * The engine's text is rewritten when it is stored, so that an answer for a client is pieces of
 * copied text with names, state and the like between them.  What an engine writes is checked on the
 * way in: current clients read addresses strictly, and one bad string in one container would
 * cost them the whole list.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/util.h"
#include "docker/container.h"
#include "docker/container_facts.h"

struct entry_writer {
	struct strbuf text;
	const struct container_view *view;
	bool comma;
	uint32_t names_at, state_at, status_at,
		labels_at; /* 0: not there yet; the text begins with '{' */
	bool ports_seen;
};

static void write_key(struct entry_writer *w, const char *key, size_t len)
{
	if (w->comma)
		strbuf_add_char(&w->text, ',');
	w->comma = true;
	strbuf_add_json_str(&w->text, key, len);
	strbuf_add_char(&w->text, ':');
}

/* A key whose value is computed later; of a repeated key only the first is kept. */
static void write_hole(struct entry_writer *w, const char *key, uint32_t *at)
{
	if (*at)
		return;
	write_key(w, key, strlen(key));
	*at = (uint32_t)w->text.len;
}

static void write_names_hole(struct entry_writer *w, yyjson_val *value maybe_unused)
{
	write_hole(w, "Names", &w->names_at);
}

static void write_state_hole(struct entry_writer *w, yyjson_val *value maybe_unused)
{
	write_hole(w, "State", &w->state_at);
}

static void write_status_hole(struct entry_writer *w, yyjson_val *value maybe_unused)
{
	write_hole(w, "Status", &w->status_at);
}

static bool is_text(yyjson_val *v)
{
	return yyjson_is_str(v) && strlen(yyjson_get_str(v)) == yyjson_get_len(v);
}

/* What labels_from_json keeps whole. */
static bool has_texts_only(yyjson_val *object)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!yyjson_obj_iter_init(object, &iter))
		return false;
	while ((key = yyjson_obj_iter_next(&iter))) {
		if (!is_text(key) || !is_text(yyjson_obj_iter_get_val(key)))
			return false;
	}
	return true;
}

static void write_labels(struct entry_writer *w, yyjson_val *value)
{
	if (has_texts_only(value)) {
		write_hole(w, "Labels", &w->labels_at);
		return;
	}
	write_key(w, "Labels", strlen("Labels"));
	json_write(&w->text, value);
}

/* Engines send it from API 1.52 on, and it would be stale after the next health event: what the
 * record knows is added for clients of these versions. */
static void leave_out(struct entry_writer *w maybe_unused, yyjson_val *value maybe_unused)
{
}

/* Whatever an engine says, it is a time that nanoseconds can tell. */
static int64_t shifted_seconds(int64_t seconds, const struct container_view *view)
{
	const int64_t limit = INT64_MAX / 1000000000;

	if (__builtin_add_overflow(seconds, view->clock_shift_ns / 1000000000, &seconds))
		return seconds < 0 ? limit : -limit; /* wrapped around */
	return max_of(min_of(seconds, limit), -limit);
}

/* Inspect is more precise; the order of containers made within one second hangs on it. */
static void set_created(struct container *c, int64_t seconds)
{
	if (c->created_ns / 1000000000 != seconds)
		c->created_ns = seconds * 1000000000;
}

static void write_created(struct entry_writer *w, yyjson_val *value)
{
	write_key(w, "Created", strlen("Created"));
	if (yyjson_is_int(value))
		strbuf_addf(&w->text, "%lld",
			(long long)shifted_seconds(yyjson_get_sint(value), w->view));
	else
		json_write(&w->text, value);
}

/* The address to show for a published port: an IP literal, or "". */
static const char *shown_ip(const struct container_view *view, const char *ip)
{
	if (*ip && container_ip_is_valid(ip) && !container_ip_is_unspecified(ip))
		return ip;
	if (view->engine_ip && container_ip_is_valid(view->engine_ip))
		return view->engine_ip;
	return container_ip_is_valid(ip) ? ip : "";
}

struct shown_port {
	const char *ip, *type;
	int64_t private_port, public_port;
};

static struct shown_port read_port(yyjson_val *port, const struct container_view *view)
{
	struct shown_port p = {
		.type = json_get_str(port, "Type", ""),
		.private_port = json_get_int(port, "PrivatePort", 0),
		.public_port = json_get_int(port, "PublicPort", 0),
	};

	p.ip = json_get_str(port, "IP", "");
	/* Podman 4 publishes ports without saying where */
	if (p.public_port || *p.ip)
		p.ip = shown_ip(view, p.ip);
	return p;
}

static bool same_port(const struct shown_port *a, const struct shown_port *b)
{
	return a->private_port == b->private_port && a->public_port == b->public_port &&
	       strcmp(a->ip, b->ip) == 0 && strcmp(a->type, b->type) == 0;
}

/* Engines list 0.0.0.0 and :: apart; with the engine's address in both places they are one.  The
 * two are neighbours, so one look back is enough. */
static bool repeats_previous(yyjson_val *port, yyjson_val *previous, const struct container_view *v)
{
	struct shown_port a = read_port(port, v), b;

	if (!previous || a.public_port == 0)
		return false;
	b = read_port(previous, v);
	return same_port(&a, &b);
}

static void write_port(struct entry_writer *w, yyjson_val *port)
{
	struct shown_port shown = read_port(port, w->view);
	yyjson_obj_iter iter;
	yyjson_val *key;

	w->comma = false;
	strbuf_add_char(&w->text, '{');
	if (*shown.ip) {
		write_key(w, "IP", strlen("IP"));
		strbuf_add_json_str(&w->text, shown.ip, strlen(shown.ip));
	}
	yyjson_obj_iter_init(port, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		if (yyjson_equals_str(key, "IP"))
			continue;
		write_key(w, yyjson_get_str(key), yyjson_get_len(key));
		json_write(&w->text, yyjson_obj_iter_get_val(key));
	}
	strbuf_add_char(&w->text, '}');
	w->comma = true;
}

static void write_ports(struct entry_writer *w, yyjson_val *value)
{
	yyjson_val *port, *previous = NULL;
	yyjson_arr_iter iter;

	if (w->ports_seen)
		return;
	w->ports_seen = true;
	write_key(w, "Ports", strlen("Ports"));
	strbuf_add_char(&w->text, '[');
	yyjson_arr_iter_init(value, &iter);
	while ((port = yyjson_arr_iter_next(&iter))) {
		if (!yyjson_is_obj(port) || repeats_previous(port, previous, w->view))
			continue;
		if (previous)
			strbuf_add_char(&w->text, ',');
		write_port(w, port);
		previous = port;
	}
	strbuf_add_char(&w->text, ']');
	w->comma = true;
}

static bool is_mac(const char *s)
{
	size_t digits = strspn(s, "0123456789abcdefABCDEF:-");

	return s[digits] == '\0' && digits == 17;
}

static bool address_is_sound(const char *key, yyjson_val *value)
{
	static const char *const addresses[] = { "IPAddress", "Gateway", "GlobalIPv6Address",
		"IPv6Gateway" };
	const char *s = yyjson_get_str(value);

	if (!s || !*s)
		return true;
	if (strcmp(key, "MacAddress") == 0)
		return is_mac(s);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		if (strcmp(key, addresses[i]) == 0)
			return container_ip_is_valid(s);
	}
	return true;
}

static void write_endpoint(struct entry_writer *w, yyjson_val *endpoint)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!yyjson_is_obj(endpoint)) {
		json_write(&w->text, endpoint);
		return;
	}
	w->comma = false;
	strbuf_add_char(&w->text, '{');
	yyjson_obj_iter_init(endpoint, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);

		write_key(w, yyjson_get_str(key), yyjson_get_len(key));
		if (address_is_sound(yyjson_get_str(key), value))
			json_write(&w->text, value);
		else
			strbuf_add_str(&w->text, "\"\"");
	}
	strbuf_add_char(&w->text, '}');
	w->comma = true;
}

/* An object whose members are written by `write_member` when they bear the name, or all of them
 * when name is NULL. */
static void write_members(struct entry_writer *w, yyjson_val *object, const char *name,
	void (*write_member)(struct entry_writer *w, yyjson_val *member))
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!yyjson_is_obj(object)) {
		json_write(&w->text, object);
		return;
	}
	w->comma = false;
	strbuf_add_char(&w->text, '{');
	yyjson_obj_iter_init(object, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);

		write_key(w, yyjson_get_str(key), yyjson_get_len(key));
		if (!name || yyjson_equals_str(key, name))
			write_member(w, value);
		else
			json_write(&w->text, value);
	}
	strbuf_add_char(&w->text, '}');
	w->comma = true;
}

static void write_networks(struct entry_writer *w, yyjson_val *networks)
{
	write_members(w, networks, NULL, write_endpoint);
}

static void write_network_settings(struct entry_writer *w, yyjson_val *value)
{
	write_key(w, "NetworkSettings", strlen("NetworkSettings"));
	write_members(w, value, "Networks", write_networks);
}

/* The members that are not copied as they are. */
static const struct {
	const char *key;
	void (*write)(struct entry_writer *w, yyjson_val *value);
} entry_members[] = {
	{ "Names", write_names_hole },
	{ "State", write_state_hole },
	{ "Status", write_status_hole },
	{ "Labels", write_labels },
	{ "Health", leave_out },
	{ "Created", write_created },
	{ "Ports", write_ports },
	{ "NetworkSettings", write_network_settings },
};

static void write_member(struct entry_writer *w, yyjson_val *key)
{
	yyjson_val *value = yyjson_obj_iter_get_val(key);

	for (size_t i = 0; i < ARRAY_SIZE(entry_members); i++) {
		if (yyjson_equals_str(key, entry_members[i].key)) {
			entry_members[i].write(w, value);
			return;
		}
	}
	write_key(w, yyjson_get_str(key), yyjson_get_len(key));
	json_write(&w->text, value);
}

static void write_text(struct entry_writer *w, yyjson_val *entry)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	strbuf_add_char(&w->text, '{');
	yyjson_obj_iter_init(entry, &iter);
	while ((key = yyjson_obj_iter_next(&iter)))
		write_member(w, key);
	/* every client expects these, whatever the engine's dialect */
	write_names_hole(w, NULL);
	write_ports(w, NULL);
	write_state_hole(w, NULL);
	write_status_hole(w, NULL);
	strbuf_add_char(&w->text, '}');
}

static void store_text(struct container *c, yyjson_val *entry, const struct container_view *view)
{
	struct entry_writer w = { .text = STRBUF_INIT, .view = view };

	write_text(&w, entry);
	free(c->entry);
	/* exactly as large as it is: there are tens of thousands of them */
	c->entry = xmemdup(w.text.buf, w.text.len);
	c->entry_len = (uint32_t)w.text.len;
	c->names_at = w.names_at;
	c->state_at = w.state_at;
	c->status_at = w.status_at;
	c->labels_at = w.labels_at;
	strbuf_finish(&w.text);
}

static bool is_alias(const char *name)
{
	return *name && strchr(name + 1, '/');
}

/* The name before the link aliases ("/web/db"), whatever order the engine has. */
static void set_names(struct container *c, yyjson_val *names)
{
	size_t room = min_of(yyjson_arr_size(names), (size_t)UINT16_MAX);
	yyjson_arr_iter iter;
	yyjson_val *name;

	container_clear_names(c);
	if (room == 0)
		return;
	c->names = xcalloc(room, sizeof(*c->names));
	yyjson_arr_iter_init(names, &iter);
	while (c->names_count < room && (name = yyjson_arr_iter_next(&iter))) {
		const char *s = yyjson_get_str(name);

		if (s && *s) /* Podman's disk usage knows names without '/' */
			c->names[c->names_count++] = *s == '/' ? xstrdup(s) : xasprintf("/%s", s);
	}
	for (size_t i = 1; i < c->names_count; i++) {
		if (is_alias(c->names[0]) && !is_alias(c->names[i])) {
			const char *first = c->names[0];

			c->names[0] = c->names[i];
			c->names[i] = first;
		}
	}
}

/* The number in "Exited (137) 2 days ago"; false for another text. */
static bool read_exit_code(const char *status, int *ret)
{
	const char *open = strchr(status, '(');
	long code;
	char *end;

	if (!open ||
		(!str_starts_with(status, "Exited (") && !str_starts_with(status, "Restarting (")))
		return false;
	code = strtol(open + 1, &end, 10);
	if (end == open + 1 || code < INT_MIN || code > INT_MAX)
		return false;
	*ret = (int)code;
	return true;
}

/* "Up 5 minutes (healthy)", "Exited (137) 2 days ago": what the list tells beyond its members. */
static void read_status(struct container *c, const char *status)
{
	int code;

	if (read_exit_code(status, &code))
		c->exit_code = code;
	if (c->state != CONTAINER_RUNNING)
		return;
	if (strstr(status, "(unhealthy)"))
		c->health = HEALTH_UNHEALTHY;
	else if (strstr(status, "(healthy)"))
		c->health = HEALTH_HEALTHY;
	else if (strstr(status, "(health: starting)"))
		c->health = HEALTH_STARTING;
	else
		c->health = HEALTH_NONE;
}

static void read_facts(struct container *c, yyjson_val *entry, const struct container_view *view)
{
	yyjson_val *settings = json_get_obj(entry, "NetworkSettings");
	const char *mode = json_get_str(json_get_obj(entry, "HostConfig"), "NetworkMode", "");

	set_names(c, json_get_arr(entry, "Names"));
	container_set_interned(&c->image, json_get_str(entry, "Image", ""));
	container_set_interned(&c->image_id, json_get_str(entry, "ImageID", ""));
	if (*mode)
		container_set_interned(&c->network_mode, mode);
	c->host_network = strcmp(c->network_mode, "host") == 0;
	set_created(c, shifted_seconds(json_get_int(entry, "Created", 0), view));
	c->state = (uint8_t)container_state_parse(json_get_str(entry, "State", ""),
		c->state == CONTAINER_PENDING ? CONTAINER_CREATED : (enum container_state)c->state);
	read_status(c, json_get_str(entry, "Status", ""));
	container_set_labels(c, json_get_obj(entry, "Labels"));
	container_set_networks(c, json_get_obj(settings, "Networks"));
	container_set_mounts(c, json_get_arr(entry, "Mounts"));
}

bool container_set_entry(struct container *c, yyjson_val *entry, const struct container_view *view,
	struct error *err)
{
	const char *id = json_get_str(entry, "Id", "");

	if (!container_id_is_valid(id))
		return error_set(err, ERROR_PROTOCOL, "container entry of the engine without Id");
	snprintf(c->id, sizeof(c->id), "%s", id);
	read_facts(c, entry, view);
	store_text(c, entry, view);
	return true;
}
