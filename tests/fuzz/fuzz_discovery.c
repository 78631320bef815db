/* Lists and files of members: no list is longer than its ceiling, every entry in it is
 * well-formed, and an error is set exactly when something was refused. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discovery/entry.h"
#include "discovery/file.h"
#include "discovery/node_list.h"
#include "discovery/range.h"
#include "discovery/schemes.h"
#include "fuzz.h"
#include "kv/http_proxy.h"

static void check_members(const struct strv *members)
{
	fuzz_check(members->count <= RANGE_MAX_ENTRIES);
	for (size_t i = 0; i < members->count; i++)
		fuzz_check(entry_check(members->items[i], NULL));
}

static void check_file(const char *data, size_t size)
{
	auto_error struct error err = ERROR_INIT;
	auto_strv struct strv members = STRV_INIT;

	bool ok = file_parse(data, size, &members, &err);
	fuzz_check(ok != error_is_set(&err));
	check_members(&members);
}

static void check_nodes(const char *text)
{
	auto_error struct error err = ERROR_INIT;
	auto_error struct error flaw = ERROR_INIT;
	auto_strv struct strv members = STRV_INIT;

	bool ok = node_list_parse(text, &members, &flaw, &err);
	fuzz_check(ok != error_is_set(&err));
	fuzz_check(ok || members.count == 0);
	check_members(&members);
}

static void check_url(const char *text)
{
	struct discovery_url url = DISCOVERY_URL_INIT;
	struct strv none = STRV_INIT;

	if (!schemes_parse_url(&url, text, NULL))
		return;
	fuzz_check(url.scheme && strlen(url.rest) <= strlen(text));
	discovery_url_check(&url, &none, NULL);
	discovery_url_finish(&url);
}

/* The text as HTTP_PROXY, and as NO_PROXY. */
static void check_proxy(const char *text)
{
	struct http_proxy_settings as_url = { text, NULL };
	struct http_proxy_settings as_list = { "proxy:1", text };
	auto_error struct error err = ERROR_INIT;
	auto_proxy_server struct http_proxy_server found = { 0 };
	auto_proxy_server struct http_proxy_server listed = { 0 };

	bool ok = http_proxy_find(&as_url, "10.0.0.1", "80", &found, &err);
	fuzz_check(ok != error_is_set(&err));
	fuzz_check(ok == !!found.address && (ok || !found.authorization));
	fuzz_check(http_proxy_find(&as_list, "a.example.com", "80", &listed, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = xmalloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_file(text, size);
	check_nodes(text);
	check_url(text);
	check_proxy(text);
	return 0;
}
