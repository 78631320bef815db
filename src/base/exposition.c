/* base/exposition.c - families, samples and labels, one after the other. */
#include "base/exposition.h"

#include <string.h>

#include "base/utf8.h"

const char *exposition_content_type(const struct exposition *to)
{
	return to->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
			       : "text/plain; version=0.0.4; charset=utf-8";
}

static size_t family_len(const struct exposition *to, const char *name, const char *type)
{
	static const char ending[] = "_total";
	size_t len = strlen(name);

	return to->openmetrics && strcmp(type, "counter") == 0 ? len - strlen(ending) : len;
}

void exposition_family(struct exposition *to, const char *name, const char *type, const char *help)
{
	int len = (int)family_len(to, name, type);

	strbuf_addf(to->sb, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name, type);
}

void exposition_sample(struct exposition *to, const char *name, const char *labels, double value)
{
	strbuf_add_str(to->sb, name);
	if (*labels)
		strbuf_addf(to->sb, "{%s}", labels);
	strbuf_addf(to->sb, " %.15g\n", value);
}

static void add_label_value(struct strbuf *sb, const char *value)
{
	size_t len = strlen(value), taken;
	uint32_t code;

	for (; len > 0; value += taken, len -= taken) {
		taken = utf8_decode(value, len, &code);
		if (taken == 0) {
			strbuf_add_str(sb, "\xef\xbf\xbd");
			taken = 1;
		} else if (*value == '\n') {
			strbuf_add_str(sb, "\\n");
		} else {
			if (*value == '\\' || *value == '"')
				strbuf_add_char(sb, '\\');
			strbuf_add(sb, value, taken);
		}
	}
}

void exposition_label(struct strbuf *labels, const char *name, const char *value)
{
	if (labels->len > 0)
		strbuf_add_char(labels, ',');
	strbuf_addf(labels, "%s=\"", name);
	add_label_value(labels, value);
	strbuf_add_char(labels, '"');
}

void exposition_end(struct exposition *to)
{
	if (to->openmetrics)
		strbuf_add_str(to->sb, "# EOF\n");
}
