/* The registry's file: what is accepted can be written and read again as the same, and an error is
 * set exactly when it is refused.  Answers of hubs likewise give only good addresses. */
#include <stdlib.h>
#include <string.h>

#include "discovery/entry.h"
#include "discovery/hub_url.h"
#include "discovery/registry_file.h"
#include "discovery/token.h"
#include "fuzz.h"

static void write_entries(const struct registry_entries *entries, struct strbuf *sb)
{
	registry_file_begin(sb, entries->own);
	for (size_t i = 0; i < entries->count; i++) {
		const struct registry_entry *e = &entries->items[i];
		if (e->address)
			registry_file_add_member(sb, e->address, e->ttl_s);
		else
			registry_file_add_token(sb, e->token);
	}
	registry_file_end(sb);
}

static void check_entry(const struct registry_entry *e)
{
	fuzz_check(token_is_valid(e->token));
	fuzz_check(!e->address || entry_check_host_port(e->address, NULL));
	fuzz_check(!e->address || (e->ttl_s >= 1 && e->ttl_s <= REGISTRY_MAX_TTL_S));
}

static void check_round(const struct registry_entries *entries)
{
	auto_registry_entries struct registry_entries again = { 0 };
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_strbuf struct strbuf second = STRBUF_INIT;

	write_entries(entries, &text);
	fuzz_check(registry_file_parse(&again, text.buf, text.len, NULL));
	fuzz_check(again.count == entries->count);
	write_entries(&again, &second);
	fuzz_check(strcmp(text.buf, second.buf) == 0);
}

static void check_file(const char *text, size_t len)
{
	auto_registry_entries struct registry_entries entries = { 0 };
	auto_error struct error err = ERROR_INIT;
	bool ok = registry_file_parse(&entries, text, len, &err);

	fuzz_check(ok != error_is_set(&err));
	fuzz_check(ok || (entries.count == 0 && !entries.own));
	for (size_t i = 0; i < entries.count; i++)
		check_entry(&entries.items[i]);
	if (ok)
		check_round(&entries);
}

static void check_answer(const char *text, size_t len)
{
	auto_strv struct strv members = STRV_INIT;
	auto_strv struct strv bad = STRV_INIT;
	auto_error struct error err = ERROR_INIT;
	bool ok = token_read_members(text, len, &members, &bad, &err);

	fuzz_check(ok != error_is_set(&err));
	for (size_t i = 0; i < members.count; i++)
		fuzz_check(entry_check_host_port(members.items[i], NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_file((const char *)data, size);
	check_answer((const char *)data, size);
	return 0;
}
