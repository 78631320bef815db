/* Who answers for a port: claims of three nodes, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "manager/port_table.h"

enum { NODES = 3, CLAIMS_MAX = 8 };

struct world {
	struct port_table table;
	struct list nodes[NODES];
};

/* "80a1": port 80 by container a, which has run since 1; "80a1!": its node is out of reach; "u80a1"
 * is UDP. */
static struct port_claim claim_of(const char *text, int node)
{
	struct port_claim c = { .protocol = *text == 'u' ? PORT_UDP : PORT_TCP, .in_reach = true };
	unsigned port, since;
	char name;

	assert_int_equal(sscanf(text + (*text == 'u'), "%u%c%u", &port, &name, &since), 3);
	c.port = (uint16_t)port;
	c.since_ns = since;
	c.in_reach = !strchr(text, '!');
	snprintf(c.id, sizeof(c.id), "%c", name);
	snprintf(c.ip, sizeof(c.ip), "10.0.0.%d", node);
	return c;
}

static void set_claims(struct world *w, int node, const char *text)
{
	struct port_claim claims[CLAIMS_MAX];
	auto_free char *words = xstrdup(text);
	size_t count = 0;

	for (char *at = words, *word; (word = strsep(&at, " "));) {
		if (*word)
			claims[count++] = claim_of(word, node);
	}
	port_table_claim(&w->table, &w->nodes[node], claims, count);
}

/* "80=a@0/2": changed, held by a at node 0, two claim it; "80=-": nobody any more. */
static void read_changes(struct world *w, struct strbuf *sb)
{
	struct port_slot *slot;

	while ((slot = port_table_next_changed(&w->table))) {
		const struct port_entry *h = slot->holder, *e;
		int count = 0;

		strbuf_addf(sb, "%s%s%u=", sb->len ? " " : "",
			slot->protocol == PORT_UDP ? "u" : "", slot->port);
		if (!h) {
			strbuf_add_str(sb, "-");
			port_table_drop(&w->table, slot);
			continue;
		}
		list_for_each (e, &slot->entries, by_slot)
			count++;
		strbuf_addf(
			sb, "%s@%c/%d", h->claim.id, h->claim.ip[strlen(h->claim.ip) - 1], count);
	}
}

static void test_steps(void **state)
{
	static const struct {
		int node;
		const char *claims, *changes;
	} steps[] = {
		{ 0, "80a5", "80=a@0/1" },
		{ 0, "80a5", "" },
		{ 0, "80a5 80a5 u80a5", "u80=a@0/1" },   /* twice is once; UDP is another port */
		{ 1, "80b3 81b3", "80=a@0/2 81=b@1/1" }, /* older, but a has it */
		{ 0, "80a5! u80a5!",
			"80=b@1/2 u80=a@0/1" },            /* out of reach: kept, if it is alone */
		{ 0, "80a5 u80a5", "80=b@1/2 u80=a@0/1" }, /* back: b has it now */
		{ 2, "80c1", "80=b@1/3" },
		{ 1, "81b3", "80=c@2/2" }, /* the one that has run for longest follows */
		{ 2, "80c9", "80=c@2/2" }, /* started again meanwhile */
		{ 2, "", "80=a@0/1" },
		{ 1, "", "81=-" },
		{ 2, "82d1 83d1 84d1", "82=d@2/1 83=d@2/1 84=d@2/1" },
		{ 2, "83d1", "82=- 84=-" },
		{ 2, "", "83=-" },
		{ 0, "u80a5", "80=-" },
		{ 0, "", "u80=-" },
	};
	struct world w;

	(void)state;
	port_table_init(&w.table);
	for (size_t i = 0; i < NODES; i++)
		list_init(&w.nodes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		auto_strbuf struct strbuf changes = STRBUF_INIT;

		set_claims(&w, steps[i].node, steps[i].claims);
		read_changes(&w, &changes);
		if (strcmp(changes.len ? changes.buf : "", steps[i].changes) != 0)
			fail_msg("step %zu: '%s', expected '%s'", i, changes.len ? changes.buf : "",
				steps[i].changes);
	}
	port_table_finish(&w.table);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
