/*
 * docker/container_listing.c - one object of GET /containers/json, from the stored text and what is
 * known at the moment.
 */
#include <stdio.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/util.h"
#include "docker/container.h"
#include "docker/container_facts.h"

static void write_name(struct strbuf *sb, const char *node, const char *name)
{
	if (container_text_is_plain(node) && container_text_is_plain(name)) {
		strbuf_add_char(sb, '"');
		strbuf_add_str(sb, node);
		strbuf_add_str(sb, name);
		strbuf_add_char(sb, '"');
		return;
	}
	auto_free char *whole = xasprintf("%s%s", node, name);
	strbuf_add_json_str(sb, whole, strlen(whole));
}

static void fill_names(
	struct strbuf *sb, const struct container *c, const struct container_listing *l)
{
	bool plain_too = !api_version_before(l->version, 1, 52);
	char node[256];

	snprintf(node, sizeof(node), "/%s", l->node_name);
	strbuf_add_char(sb, '[');
	for (size_t i = 0; i < c->names_count; i++) {
		if (i)
			strbuf_add_char(sb, ',');
		write_name(sb, node, c->names[i]);
		if (!plain_too)
			continue;
		strbuf_add_char(sb, ',');
		write_name(sb, "", c->names[i]);
	}
	strbuf_add_char(sb, ']');
}

static void fill_state(struct strbuf *sb, const struct container *c,
	const struct container_listing *l maybe_unused)
{
	strbuf_add_char(sb, '"');
	strbuf_add_str(sb, container_state_text(c));
	strbuf_add_char(sb, '"');
}

static void fill_status(
	struct strbuf *sb, const struct container *c, const struct container_listing *l)
{
	strbuf_add_char(sb, '"');
	if (l->host_down)
		strbuf_add_str(sb, "Host Down");
	else
		container_write_status(sb, c, l->now_ns);
	strbuf_add_char(sb, '"');
}

static char *put_quoted(char *at, const char *interned)
{
	size_t len = intern_len(interned);

	*at++ = '"';
	memcpy(at, interned, len);
	at[len] = '"';
	return at + len + 1;
}

/* A full list has hundreds of thousands of labels: room for all of one container is made once. */
static void fill_plain_labels(struct strbuf *sb, const struct labels *labels)
{
	enum { PUNCTUATION = sizeof("\"\":\"\",") - 1 };
	size_t room = strlen("{}");
	char *at;

	for (size_t i = 0; i < labels->count; i++)
		room += intern_len(labels->items[i].key) + intern_len(labels->items[i].value) +
			PUNCTUATION;
	if (!strbuf_reserve(sb, room))
		return;
	at = sb->buf + sb->len;
	*at++ = '{';
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			*at++ = ',';
		at = put_quoted(at, labels->items[i].key);
		*at++ = ':';
		at = put_quoted(at, labels->items[i].value);
	}
	*at++ = '}';
	*at = '\0';
	sb->len = (size_t)(at - sb->buf);
}

static void fill_escaped_labels(struct strbuf *sb, const struct labels *labels)
{
	strbuf_add_char(sb, '{');
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->items[i];

		if (i)
			strbuf_add_char(sb, ',');
		strbuf_add_json_str(sb, label->key, intern_len(label->key));
		strbuf_add_char(sb, ':');
		strbuf_add_json_str(sb, label->value, intern_len(label->value));
	}
	strbuf_add_char(sb, '}');
}

/* Who reads addresses of containers finds none there. */
static void fill_with_node(
	struct strbuf *sb, const struct container *c, const struct container_listing *l)
{
	struct labels labels = { 0 };

	labels_copy(&labels, &c->labels);
	labels_set(&labels, LABEL_NODE_NAME, l->node_name);
	labels_set(&labels, LABEL_NODE_ADDR, l->node_ip);
	fill_escaped_labels(sb, &labels);
	labels_finish(&labels);
}

static void fill_labels(
	struct strbuf *sb, const struct container *c, const struct container_listing *l)
{
	if (c->host_network && l->node_ip && *l->node_ip)
		fill_with_node(sb, c, l);
	else if (c->labels_are_plain)
		fill_plain_labels(sb, &c->labels);
	else
		fill_escaped_labels(sb, &c->labels);
}

struct hole {
	uint32_t at;
	void (*fill)(
		struct strbuf *sb, const struct container *c, const struct container_listing *l);
};

static void sort_holes(struct hole *holes, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t k = i; k > 0 && holes[k].at < holes[k - 1].at; k--) {
			struct hole later = holes[k - 1];

			holes[k - 1] = holes[k];
			holes[k] = later;
		}
	}
}

void container_write_entry(
	struct strbuf *sb, const struct container *c, const struct container_listing *l)
{
	struct hole holes[] = {
		{ c->names_at, fill_names },
		{ c->state_at, fill_state },
		{ c->status_at, fill_status },
		{ c->labels_at, fill_labels },
	};
	uint32_t done = 0;

	if (!c->entry)
		return;
	sort_holes(holes, ARRAY_SIZE(holes));
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		if (!holes[i].at)
			continue; /* no hole */
		strbuf_add(sb, c->entry + done, holes[i].at - done);
		holes[i].fill(sb, c, l);
		done = holes[i].at;
	}
	strbuf_add(sb, c->entry + done, c->entry_len - done);
	if (api_version_before(l->version, 1, 52))
		return;
	sb->len--; /* the closing brace */
	strbuf_addf(sb, ",\"Health\":{\"Status\":\"%s\",\"FailingStreak\":%d}}",
		container_health_text(c), c->failing_streak);
}
