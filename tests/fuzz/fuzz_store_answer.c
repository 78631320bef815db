/* What stores answer: no list is longer than its ceiling, every list is sorted, an error is set
 * exactly when an answer was refused, and what goes into the next request cannot cut it up.  The
 * first byte says which answer the rest is. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "fuzz.h"
#include "kv/consul_answer.h"
#include "kv/etcd2_answer.h"
#include "kv/etcd3_answer.h"

static void check_entries(const struct kv_entries *e)
{
	fuzz_check(e->count <= KV_MAX_ENTRIES);
	for (size_t i = 0; i < e->count; i++) {
		fuzz_check(strlen(e->items[i].value) <= e->items[i].len);
		fuzz_check(i == 0 || strcmp(e->items[i - 1].key, e->items[i].key) <= 0);
	}
}

static void check_word(const char *word)
{
	for (const char *c = word; *c; c++)
		fuzz_check(*c > ' ' && *c != 0x7f);
}

static bool parse_consul(char which, yyjson_val *root, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	struct consul_key key = { 0 };
	const char *id;

	consul_parse_renewed_ttl(root);
	if (which == 's') {
		bool ok = consul_parse_session(root, &id, err);
		if (ok)
			check_word(id);
		return ok;
	}
	if (which == 'k') {
		bool ok = consul_parse_key(root, "a", &key, err);
		if (ok && key.session)
			check_word(key.session);
		return ok;
	}
	bool ok = consul_parse_entries(root, "d", &entries, err);
	check_entries(&entries);
	return ok;
}

static bool parse_etcd3(char which, yyjson_val *root, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	struct etcd3_news news;
	const char *token;
	int64_t number = 0;
	bool alive;
	bool ok;

	switch (which) {
	case 'g':
		ok = etcd3_parse_grant(root, &number, err);
		fuzz_check(ok == (number > 0));
		return ok;
	case 'a': return etcd3_parse_keepalive(root, &alive, err);
	case 'x': return etcd3_parse_txn(root, &alive, err);
	case 't':
		ok = etcd3_parse_token(root, &token, err);
		if (ok)
			check_word(token);
		return ok;
	case 'w':
		kv_entries_add(&entries, "a", "1", 1);
		ok = etcd3_parse_watch(root, "d", &entries, &news, err);
		break;
	default:
		ok = etcd3_parse_range(root, "d", &entries, &number, err);
		fuzz_check(ok == (number > 0));
		break;
	}
	check_entries(&entries);
	return ok;
}

static bool parse_etcd2(char which, yyjson_val *root, struct error *err)
{
	auto_kv_entries struct kv_entries entries = KV_ENTRIES_INIT;
	struct etcd2_event event;

	etcd2_value_is(root, "a");
	if (which == 'e')
		return etcd2_parse_event(root, &event, err);
	bool ok = etcd2_parse_list(root, &entries, err);
	check_entries(&entries);
	return ok;
}

/* Letters as in the names of the corpus: c consul, s session, k key; r range, w watch, g grant,
 * a keepalive, t token; l list, e event. */
static bool parse(char which, yyjson_val *root, struct error *err)
{
	if (strchr("csk", which))
		return parse_consul(which, root, err);
	if (strchr("le", which))
		return parse_etcd2(which, root, err);
	return parse_etcd3(which, root, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_error struct error err = ERROR_INIT;

	if (size == 0 || data[0] == '\0')
		return 0;
	int code = etcd2_error_code((const char *)data + 1, size - 1);
	fuzz_check(code >= 0 && code < 1000);
	auto_json yyjson_doc *doc = json_parse((const char *)data + 1, size - 1, NULL);
	if (!doc)
		return 0;
	bool ok = parse((char)data[0], yyjson_doc_get_root(doc), &err);
	fuzz_check(ok != error_is_set(&err));
	return 0;
}
