/* page/activity.c - what has happened in the pool, the newest first, from the journal. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cluster/journal.h"
#include "page/page_private.h"

static const struct {
	const char *name;
	unsigned kinds;
	const char *title;
} kinds[] = {
	{ "create", JOURNAL_CREATE, "created or gone" },
	{ "move", JOURNAL_MOVE, "moved" },
	{ "node", JOURNAL_NODE, "node" },
	{ "leader", JOURNAL_LEADER, "leader" },
	{ "refusal", JOURNAL_REFUSAL, "refused" },
	{ "object", JOURNAL_OBJECT, "engine" },
};

/* What engines say of every start and stop is asked for by name only. */
static unsigned wanted_kinds(const struct page *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, frame_choice(p, "kind")) == 0)
			return kinds[i].kinds;
	}
	return JOURNAL_ALL & ~(unsigned)JOURNAL_OBJECT;
}

static const char *kind_title(enum journal_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kinds == kind)
			return kinds[i].title;
	}
	return "";
}

/* Attributes that say what the other columns do not. */
static const char *const told[] = { "name", "image", "from", "to", "reason", "client", "error",
	"exitCode" };

static bool says(const struct docker_event *e, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		const char *value = event_attribute(e, told[i]);

		if (value && strcasestr(value, text))
			return true;
	}
	return strcasestr(e->action, text) || str_starts_with(e->actor_id, text);
}

static bool is_wanted(const struct page *p, const struct journal_entry *entry)
{
	const char *text = frame_choice(p, "q"), *node = frame_choice(p, "node");

	return (!*node || strcmp(node, entry->node.name) == 0) &&
	       (!*text || says(&entry->event, text));
}

/* --- a row --- */

static void add_what(struct page *p, const struct docker_event *e)
{
	const char *name = event_attribute(e, "name");
	bool is_container = e->type == EVENT_CONTAINER || e->type == EVENT_SWARM;

	strbuf_add_str(p->sb, "<td data-of=\"About\">");
	if (is_container && *e->actor_id) {
		strbuf_add_str(p->sb, "<a href=\"/page/container?id=");
		html_add(p->sb, e->actor_id, SIZE_MAX);
		strbuf_add_str(p->sb, "\">");
	}
	strbuf_add_str(p->sb, "<bdi>");
	html_add(p->sb, name ? name : e->actor_id, NAME_SHOWN);
	strbuf_add_str(p->sb, is_container && *e->actor_id ? "</bdi></a></td>" : "</bdi></td>");
}

static void add_details(struct page *p, const struct docker_event *e)
{
	const char *separator = "";

	strbuf_add_str(p->sb, "<td data-of=\"Details\">");
	for (size_t i = 1; i < ARRAY_SIZE(told); i++) {
		const char *value = event_attribute(e, told[i]);

		if (!value || !*value)
			continue;
		strbuf_addf(p->sb, "%s%s: <bdi>", separator, told[i]);
		html_add(p->sb, value, TEXT_SHOWN);
		strbuf_add_str(p->sb, "</bdi>");
		separator = ", ";
	}
	strbuf_add_str(p->sb, "</td>");
}

static void add_entry(struct page *p, const struct journal_entry *entry)
{
	auto_free char *name =
		xasprintf("%" PRIu64 " %" PRIu64, entry->number, entry->number ? 0 : entry->serial);
	char part[FRAGMENT_ID_MAX];

	frame_part_id(part, 'e', name);
	frame_part_open(p, "tr", part, "");
	strbuf_add_str(p->sb, "<th scope=\"row\">");
	frame_add_age(p, entry->event.time_ns);
	strbuf_addf(p->sb, "</th><td data-of=\"Kind\">%s</td><td data-of=\"What\"><bdi>",
		kind_title(entry->kind));
	html_add(p->sb, entry->event.action, TEXT_SHOWN);
	strbuf_add_str(p->sb, "</bdi></td>");
	add_what(p, &entry->event);
	strbuf_add_str(p->sb, "<td data-of=\"Node\"><bdi>");
	html_add(p->sb, entry->node.name, NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi></td>");
	add_details(p, &entry->event);
	frame_part_close(p, "tr");
}

static void add_form(struct page *p)
{
	static const char *const names[] = { "all but what engines say", "create", "move", "node",
		"leader", "refusal", "object", NULL };

	frame_form_open(p, "/page/activity");
	frame_form_text(p, "q", "Name, image, reason or client");
	frame_form_text(p, "node", "Node");
	frame_form_select(p, "kind", "Kind", names);
	frame_form_close(p);
}

void page_activity(struct page *p)
{
	const struct journal *journal = bus_journal(p->manager->cluster->bus);
	unsigned wanted = wanted_kinds(p);
	const struct journal_entry *entry = journal_older(journal, NULL, wanted);
	size_t shown = 0;

	frame_open(p, "Activity", 0);
	add_form(p);
	strbuf_add_str(p->sb,
		"<table>\n<caption>The newest first, from the journal of this manager, which "
		"begins with what the engines remembered when it came.</caption>\n<thead><tr>"
		"<th scope=\"col\">When</th><th scope=\"col\">Kind</th><th scope=\"col\">What</th>"
		"<th scope=\"col\">About</th><th scope=\"col\">Node</th><th "
		"scope=\"col\">Details</th></tr></thead>\n");
	frame_part_open(p, "tbody", "rows", "");
	for (; entry && shown < PAGE_ROWS; entry = journal_older(journal, entry, wanted)) {
		if (is_wanted(p, entry) && ++shown)
			add_entry(p, entry);
	}
	if (shown == 0)
		strbuf_add_str(p->sb, "<tr><td>Nothing of this kind is remembered.</td></tr>\n");
	frame_part_close(p, "tbody");
	strbuf_add_str(p->sb, "</table>\n");
	frame_close(p);
}
