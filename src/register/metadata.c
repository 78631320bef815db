/* register/metadata.c - SERVICE_* names taken apart. */
#include "register/metadata.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "docker/service_facts.h"

enum { KEY_MAX = 256 };

/* The key behind SERVICE_ or SERVICE_<port>_, which ret_own tells; NULL: it is none, or another
 * port's. */
static const char *key_for(const char *name, uint16_t port, bool *ret_own)
{
	const char *key = name + strlen(SERVICE_PREFIX);
	size_t digits = strspn(key, "0123456789");
	char number[8];

	*ret_own = digits > 0 && key[digits] == '_';
	if (!*ret_own)
		return *key ? key : NULL;
	snprintf(number, sizeof(number), "%u", port);
	if (strlen(number) != digits || strncmp(number, key, digits) != 0 || !key[digits + 1])
		return NULL;
	return key + digits + 1;
}

static void take(struct metadata *m, const char *name, const char *value, uint16_t port, bool own)
{
	char key[KEY_MAX];
	size_t len = 0;
	bool is_own;
	const char *from = key_for(name, port, &is_own);

	if (!from || is_own != own || strlen(from) >= sizeof(key))
		return;
	for (; *from; from++)
		key[len++] = (char)tolower((unsigned char)*from);
	key[len] = '\0';
	if (m->items.count >= METADATA_MAX && !labels_get(&m->items, key))
		return;
	labels_set(&m->items, key, value);
	if (own && !strv_contains(&m->own, key))
		strv_add(&m->own, key);
}

static void take_all(struct metadata *m, const struct strv *said, uint16_t port, bool own)
{
	for (size_t i = 0; i < said->count; i++) {
		const char *equals = strchr(said->items[i], '=');

		if (!equals || !str_starts_with(said->items[i], SERVICE_PREFIX))
			continue;
		auto_free char *name = xstrndup(said->items[i], (size_t)(equals - said->items[i]));

		if (str_starts_with(name, SERVICE_PREFIX))
			take(m, name, equals + 1, port, own);
	}
}

void metadata_read(struct metadata *ret, const struct strv *said, uint16_t port)
{
	*ret = (struct metadata){ 0 };
	take_all(ret, said, port, false);
	take_all(ret, said, port, true);
}

void metadata_finish(struct metadata *m)
{
	labels_finish(&m->items);
	strv_finish(&m->own);
}

const char *metadata_get(const struct metadata *m, const char *key)
{
	const char *value = labels_get(&m->items, key);

	return value && *value ? value : NULL;
}

bool metadata_is_own(const struct metadata *m, const char *key)
{
	return strv_contains(&m->own, key);
}

void metadata_split_tags(struct strv *ret, const char *text)
{
	auto_strbuf struct strbuf item = STRBUF_INIT;

	for (;; text++) {
		if (*text == '\\' && text[1] == ',') {
			strbuf_add_char(&item, *++text);
		} else if (*text && *text != ',') {
			strbuf_add_char(&item, *text);
		} else {
			if (item.len > 0 && !strv_contains(ret, item.buf))
				strv_add(ret, item.buf);
			strbuf_reset(&item);
			if (!*text)
				return;
		}
	}
}
