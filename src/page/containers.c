/* page/containers.c - one list over all nodes, the newest first. */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"
#include "page/page_private.h"

static bool is_wanted(const struct page *p, const struct container *c)
{
	const char *text = frame_choice(p, "q"), *state = frame_choice(p, "state"),
		   *node = frame_choice(p, "node");

	if (c->state == CONTAINER_PENDING)
		return false;
	if (*state && strcmp(state, container_state_text(c)) != 0)
		return false;
	if (*node && strcmp(node, c->engine->name) != 0)
		return false;
	return !*text || strcasestr(container_name(c), text) || strcasestr(c->image, text) ||
	       str_starts_with(c->id, text);
}

/* The age beside the pointer: sorting 30,000 of them does not go to each container for it. */
struct aged {
	int64_t created_ns;
	struct container *container;
};

static int compare_age(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->created_ns != y->created_ns)
		return x->created_ns < y->created_ns ? 1 : -1;
	return strcmp(x->container->id, y->container->id);
}

static struct aged *choose_containers(const struct page *p, size_t *ret_count)
{
	struct aged *chosen = NULL;
	size_t count = 0, cap = 0;
	struct engine *e;

	cluster_each (e, p->manager->cluster, CLUSTER_VALIDATED) {
		for (size_t i = 0; i < e->containers_count; i++) {
			struct container *c = e->containers[i];

			if (!is_wanted(p, c))
				continue;
			array_reserve(chosen, count, cap);
			chosen[count++] = (struct aged){ c->created_ns, c };
		}
	}
	if (count > 0)
		qsort(chosen, count, sizeof(*chosen), compare_age);
	*ret_count = count;
	return chosen;
}

static void add_cell(struct page *p, const char *of, const char *text)
{
	strbuf_addf(p->sb, "<td data-of=\"%s\"><bdi>", of);
	html_add(p->sb, text, NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi></td>");
}

/* Of a node that does not answer: as it was when it last did. */
static void add_state(struct page *p, const struct container *c)
{
	const struct engine *e = c->engine;

	strbuf_addf(p->sb, "<td data-of=\"State\">%s", container_state_text(c));
	if (c->health != HEALTH_NONE)
		strbuf_addf(p->sb, ", %s", container_health_text(c));
	if (!engine_is_healthy(e) && e->heard_ms) {
		strbuf_add_str(p->sb, "<br>last known ");
		frame_add_heard(p, e);
	}
	strbuf_add_str(p->sb, "</td>");
}

static void add_container(struct page *p, const struct container *c)
{
	auto_free char *short_id = xasprintf("%.*s", SHORT_ID_LEN, c->id);
	char part[FRAGMENT_ID_MAX];

	frame_part_id(part, 'c', c->id);
	frame_part_open(p, "tr", part, engine_is_healthy(c->engine) ? "" : " class=\"stale\"");
	strbuf_add_str(p->sb, "<th scope=\"row\"><a href=\"/page/container?id=");
	html_add(p->sb, c->id, SIZE_MAX);
	strbuf_add_str(p->sb, "\"><bdi>");
	html_add(p->sb, *container_name(c) ? container_name(c) : "(no name)", NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi></a><br><code>");
	html_add(p->sb, short_id, NAME_SHOWN);
	strbuf_add_str(p->sb, "</code></th><td data-of=\"Node\">");
	frame_add_node(p, c->engine);
	strbuf_add_str(p->sb, "</td>");
	add_cell(p, "Image", c->image);
	add_state(p, c);
	strbuf_add_str(p->sb, "<td data-of=\"Created\">");
	frame_add_age(p, c->created_ns);
	strbuf_add_str(p->sb, "</td>");
	frame_part_close(p, "tr");
}

void page_containers(struct page *p)
{
	static const char *const states[] = { "any", "created", "running", "paused", "restarting",
		"removing", "exited", "dead", NULL };
	size_t total, from, count;
	auto_free struct aged *chosen = choose_containers(p, &total);

	frame_open(p, "Containers", 0);
	frame_form_open(p, "/page/containers");
	frame_form_text(p, "q", "Name, image or id");
	frame_form_text(p, "node", "Node");
	frame_form_select(p, "state", "State", states);
	frame_form_close(p);
	count = frame_window(p, total, &from);
	strbuf_add_str(p->sb,
		"<table>\n<caption>From the manager's memory, which follows the engines' events; "
		"in italics what is only last known.</caption>\n<thead><tr>"
		"<th scope=\"col\">Name</th><th scope=\"col\">Node</th><th scope=\"col\">Image</th>"
		"<th scope=\"col\">State</th><th "
		"scope=\"col\">Created</th></tr></thead>\n");
	frame_part_open(p, "tbody", "rows", "");
	for (size_t i = from; i < from + count; i++)
		add_container(p, chosen[i].container);
	frame_part_close(p, "tbody");
	strbuf_add_str(p->sb, "</table>\n");
	frame_close(p);
}
