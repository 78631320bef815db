/* page/frame.c - what is around every screen, and what all of them choose by. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "page/page_private.h"

static const char head[] =
#include "page/head.html.inc"
	;
static const char foot[] =
#include "page/foot.html.inc"
	;
const char page_style[] =
#include "page/style.css.inc"
	;

/* Each {{name}} gives way to a text; refresh is ours, title may be anybody's. */
static void add_template(
	struct strbuf *sb, const char *text, const char *title, const char *refresh)
{
	static const char title_mark[] = "{{title}}", refresh_mark[] = "{{refresh}}";
	const char *mark;

	while ((mark = strstr(text, "{{"))) {
		strbuf_add(sb, text, (size_t)(mark - text));
		if (str_starts_with(mark, title_mark)) {
			html_add(sb, title, TEXT_SHOWN);
			text = mark + strlen(title_mark);
		} else {
			strbuf_add_str(sb, refresh);
			text = mark + strlen(refresh_mark);
		}
	}
	strbuf_add_str(sb, text);
}

void frame_open(struct page *p, const char *title, int refresh_s)
{
	auto_free char *refresh =
		refresh_s ? xasprintf("<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh_s)
			  : xstrdup("");

	add_template(p->sb, head, title, refresh);
}

void frame_close(struct page *p)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "Swarm %s, as known to this manager at ", p->version);
	time_format_utc(&text, clock_wall_ns());
	add_template(p->sb, foot, text.buf, "");
}

void frame_element(struct page *p, const char *name, const char *text)
{
	strbuf_addf(p->sb, "<%s>", name);
	html_add(p->sb, text, TEXT_SHOWN);
	strbuf_addf(p->sb, "</%s>", name);
}

void frame_add_age(struct strbuf *sb, int64_t ms)
{
	int64_t seconds = max_of(ms, INT64_C(0)) / 1000;

	if (seconds < 60)
		strbuf_addf(sb, "%" PRId64 " s", seconds);
	else
		format_human_duration(sb, seconds);
	strbuf_add_str(sb, " ago");
}

/* --- what the address chooses --- */

const char *frame_choice(const struct page *p, const char *key)
{
	const char *value = query_get(p->query, key);

	return value ? value : "";
}

void frame_add_link(struct page *p, const char *key, const char *value)
{
	static const char *const kept[] = { "q", "state", "node", "sort" };
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
	strbuf_add_str(p->sb, "<p>");
	if (total == 0)
		strbuf_add_str(p->sb, "None.");
	else
		strbuf_addf(
			p->sb, "%zu to %zu of %zu.", (size_t)from + 1, (size_t)from + count, total);
	if (from > 0)
		add_window_link(p, from > PAGE_ROWS ? (size_t)from - PAGE_ROWS : 0, "Previous");
	if (from + count < total)
		add_window_link(p, (size_t)from + count, "Next");
	strbuf_add_str(p->sb, "</p>\n");
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
