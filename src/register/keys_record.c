/* register/keys_record.c - the layouts of registrator, byte by byte. */
#include "register/keys_record.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"

static bool is_part(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == '/' || *c == 0x7f)
			return false;
	}
	return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static void add(struct kv_entries *ret, const struct service *s, const char *value)
{
	auto_free char *key = xasprintf("%s/%s", s->name, s->id);

	if (is_part(s->name) && is_part(s->id))
		kv_entries_add(ret, key, value, strlen(value));
}

void keys_add(struct kv_entries *ret, maybe_unused const struct book_place *place,
	const struct service *s)
{
	auto_free char *port = xasprintf("%u", s->port);
	auto_free char *value = format_host_port(s->ip, port);

	add(ret, s, value);
}

void keys_add_skydns(struct kv_entries *ret, maybe_unused const struct book_place *place,
	const struct service *s)
{
	auto_free char *value = xasprintf("{\"host\":\"%s\",\"port\":%u}", s->ip, s->port);

	add(ret, s, value);
}

char *keys_node_of(const char *key)
{
	const char *slash = strrchr(key, '/');
	const char *id = slash ? slash + 1 : key;
	size_t len = strcspn(id, ":");

	return id[len] ? xstrndup(id, len) : NULL;
}

char *keys_skydns_base(const char *domain)
{
	auto_strv struct strv labels = STRV_INIT;
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strv_split(&labels, domain, '.');
	strbuf_add_str(&sb, "skydns");
	for (size_t i = labels.count; i-- > 0;) {
		if (!is_part(labels.items[i]))
			return NULL;
		strbuf_addf(&sb, "/%s", labels.items[i]);
	}
	return strbuf_steal(&sb);
}
