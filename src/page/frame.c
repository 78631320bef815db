/* page/frame.c - what is around every screen, and what all of them choose by. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "page/page_private.h"

/* Engines are asked after two to three seconds of silence. */
enum { HEARD_FRESH_S = 10 };

static const char head[] =
#include "page/head.html.inc"
	;
static const char foot[] =
#include "page/foot.html.inc"
	;
const char page_style[] =
#include "page/style.css.inc"
	;

const char page_script[] =
#include "page/page.js.inc"
	;

const struct page_screen page_screens[] = {
	{ "now", "/", "Now", page_now, 250 },
	{ "nodes", "/page/nodes", "Nodes", page_nodes, 500 },
	{ "containers", "/page/containers", "Containers", page_containers, 1000 },
	{ "activity", "/page/activity", "Activity", page_activity, 500 },
	{ "container", "/page/container", NULL, page_container, 500 },
};

const struct page_screen *page_find_screen(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(page_screens); i++) {
		if (strcmp(page_screens[i].name, name) == 0)
			return &page_screens[i];
	}
	return NULL;
}

/* --- what is around --- */

struct blank {
	const char *name, *filling; /* the filling is markup of ours */
};

/* Each {{name}} gives way to its filling. */
static void add_template(struct strbuf *sb, const char *text, const struct blank *blanks)
{
	const char *mark;

	while ((mark = strstr(text, "{{"))) {
		const struct blank *b = blanks;

		strbuf_add(sb, text, (size_t)(mark - text));
		mark += strlen("{{");
		while (!str_starts_with(mark, b->name))
			b++;
		strbuf_add_str(sb, b->filling);
		text = mark + strlen(b->name) + strlen("}}");
	}
	strbuf_add_str(sb, text);
}

static void add_screens(struct strbuf *sb, const struct page_screen *shown)
{
	for (size_t i = 0; i < ARRAY_SIZE(page_screens); i++) {
		const struct page_screen *s = &page_screens[i];

		if (s->title)
			strbuf_addf(sb, "<a href=\"%s\"%s>%s</a> ", s->path,
				s == shown ? " aria-current=\"page\"" : "", s->title);
	}
}

void frame_open(struct page *p, const char *title, int refresh_s)
{
	auto_strbuf struct strbuf name = STRBUF_INIT, screens = STRBUF_INIT, live = STRBUF_INIT;
	auto_free char *refresh =
		refresh_s ? xasprintf("<noscript><meta http-equiv=\"refresh\" content=\"%d\">"
				      "</noscript>\n",
				    refresh_s)
			  : xstrdup("");

	html_add(&name, title, TEXT_SHOWN);
	add_screens(&screens, p->screen);
	strbuf_addf(&live, "/page/live/%s?", p->screen->name);
	html_add(&live, p->raw_query, SIZE_MAX);
	add_template(p->sb, head,
		(const struct blank[]){ { "title", name.buf }, { "refresh", refresh },
			{ "screens", screens.buf }, { "live", live.buf } });
}

void frame_close(struct page *p)
{
	auto_strbuf struct strbuf now = STRBUF_INIT;

	time_format_utc(&now, clock_wall_ns());
	add_template(p->sb, foot,
		(const struct blank[]){ { "version", p->version }, { "now", now.buf } });
}

/* --- parts --- */

void frame_part_open(struct page *p, const char *element, const char *id, const char *attributes)
{
	if (p->parts)
		fragments_open(p->parts, id, p->sb->len);
	strbuf_addf(p->sb, "<%s id=\"%s\"%s>", element, id, attributes);
}

void frame_part_close(struct page *p, const char *element)
{
	strbuf_addf(p->sb, "</%s>\n", element);
	if (p->parts)
		fragments_close(p->parts, p->sb->len);
}

void frame_part_id(char ret[FRAGMENT_ID_MAX], char letter, const char *name)
{
	/* NOLINTNEXTLINE(cert-err33-c): it fits */
	(void)snprintf(ret, FRAGMENT_ID_MAX, "%c-%08x", letter, map_hash(name, strlen(name)));
}

/* --- what stands in them --- */

void frame_element(struct page *p, const char *name, const char *text)
{
	strbuf_addf(p->sb, "<%s>", name);
	html_add(p->sb, text, TEXT_SHOWN);
	strbuf_addf(p->sb, "</%s>", name);
}

void frame_fact_open(struct page *p, const char *name)
{
	strbuf_addf(p->sb, "<div><dt>%s</dt><dd>", name);
}

void frame_fact_close(struct page *p)
{
	strbuf_add_str(p->sb, "</dd></div>\n");
}

void frame_fact(struct page *p, const char *name, const char *value)
{
	frame_fact_open(p, name);
	html_add(p->sb, value, TEXT_SHOWN);
	frame_fact_close(p);
}

static void write_age(struct strbuf *sb, int64_t seconds)
{
	static const struct {
		int64_t below_s, unit_s;
		const char *unit;
	} steps[] = { { 60, 1, "s" }, { 3600, 60, "min" }, { 48 * 3600, 3600, "h" },
		{ INT64_MAX, 24 * 3600, "days" } };
	size_t i = 0;

	while (seconds >= steps[i].below_s)
		i++;
	strbuf_addf(sb, "%" PRId64 " %s ago", seconds / steps[i].unit_s, steps[i].unit);
}

/* The script writes ages by the same rule (page.js). */
void frame_add_age(struct page *p, int64_t at_ns)
{
	strbuf_add_str(p->sb, "<time datetime=\"");
	time_format_utc(p->sb, at_ns);
	strbuf_add_str(p->sb, "\">");
	if (!p->is_live)
		write_age(p->sb, max_of((clock_wall_ns() - at_ns) / NS_PER_S, INT64_C(0)));
	strbuf_add_str(p->sb, "</time>");
}

void frame_add_heard(struct page *p, const struct engine *e)
{
	int64_t age_ms = clock_mono_ms() - e->heard_ms;

	if (!e->heard_ms)
		strbuf_add_str(p->sb, "never");
	else if (engine_is_healthy(e) && age_ms < HEARD_FRESH_S * 1000)
		strbuf_addf(p->sb, "under %d s ago", HEARD_FRESH_S);
	else
		frame_add_age(p, clock_wall_ns() - age_ms * (NS_PER_S / 1000));
}

const char *frame_cause(const struct engine *e)
{
	if (*e->last_error)
		return e->last_error;
	return e->heard_ms ? "it has answered, and is being read" : "it has not answered yet";
}

void frame_add_node(struct page *p, const struct engine *e)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;

	uri_encode_query(&query, *e->name ? e->name : e->addr);
	strbuf_add_str(p->sb, "<a href=\"/page/nodes?node=");
	html_add(p->sb, query.buf, SIZE_MAX);
	strbuf_add_str(p->sb, "\"><bdi>");
	html_add(p->sb, *e->name ? e->name : e->addr, NAME_SHOWN);
	strbuf_add_str(p->sb, "</bdi></a>");
}

/* --- what the address chooses --- */

const char *frame_choice(const struct page *p, const char *key)
{
	const char *value = query_get(p->query, key);

	return value ? value : "";
}

void frame_add_link(struct page *p, const char *key, const char *value)
{
	static const char *const kept[] = { "q", "id", "state", "node", "sort", "view", "kind" };
	auto_query struct query to = QUERY_INIT;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (*frame_choice(p, kept[i]))
			query_set(&to, kept[i], frame_choice(p, kept[i]));
	}
	query_set(&to, key, value);
	query_format(&to, &text);
	strbuf_add_char(p->sb, '?');
	html_add(p->sb, text.buf, SIZE_MAX);
}

static void add_window_link(struct page *p, size_t from, const char *words)
{
	auto_free char *value = xasprintf("%zu", from);

	strbuf_add_str(p->sb, " <a href=\"");
	frame_add_link(p, "from", value);
	strbuf_addf(p->sb, "\">%s</a>", words);
}

size_t frame_window(struct page *p, size_t total, size_t *ret_from)
{
	uint64_t from = 0;
	size_t count;

	if (!parse_u64(frame_choice(p, "from"), &from) || from >= total)
		from = 0;
	count = min_of(total - (size_t)from, (size_t)PAGE_ROWS);
	frame_part_open(p, "p", "window", "");
	if (total == 0)
		strbuf_add_str(p->sb, "None.");
	else
		strbuf_addf(
			p->sb, "%zu to %zu of %zu.", (size_t)from + 1, (size_t)from + count, total);
	if (from > 0)
		add_window_link(p, from > PAGE_ROWS ? (size_t)from - PAGE_ROWS : 0, "Previous");
	if (from + count < total)
		add_window_link(p, (size_t)from + count, "Next");
	frame_part_close(p, "p");
	*ret_from = (size_t)from;
	return count;
}

/* --- forms --- */

void frame_form_open(struct page *p, const char *action)
{
	strbuf_addf(p->sb, "<form method=\"get\" action=\"%s\" role=\"search\">\n", action);
}

void frame_form_text(struct page *p, const char *key, const char *label)
{
	strbuf_addf(p->sb, "<label>%s <input name=\"%s\" value=\"", label, key);
	html_add(p->sb, frame_choice(p, key), TEXT_SHOWN);
	strbuf_add_str(p->sb, "\"></label>\n");
}

void frame_form_select(
	struct page *p, const char *key, const char *label, const char *const *values)
{
	strbuf_addf(p->sb, "<label>%s <select name=\"%s\"><option value=\"\">%s</option>", label,
		key, values[0]);
	for (size_t i = 1; values[i]; i++)
		strbuf_addf(p->sb, "<option%s>%s</option>",
			strcmp(frame_choice(p, key), values[i]) == 0 ? " selected" : "", values[i]);
	strbuf_add_str(p->sb, "</select></label>\n");
}

void frame_form_close(struct page *p)
{
	strbuf_add_str(p->sb, "<button>Show</button>\n</form>\n");
}
