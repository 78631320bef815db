/* Whatever comes is a query or none; its answer fits, and can be read. */
#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "names/packet.h"
#include "names/zone.h"

/* One of each kind, and enough of them that some answers are cut. */
static void fill(struct packet_answer *a, const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA, TYPE_SRV, TYPE_PTR, TYPE_SOA,
		TYPE_NS };

	a->is_ours = true;
	a->ttl_s = 5;
	for (size_t i = 0; i < size && i < 40; i++) {
		struct packet_record *r = packet_answer_add(a);

		r->section = data[i] % 3;
		r->type = types[data[i] % 6];
		r->port = data[i];
		if (r->type != TYPE_A && r->type != TYPE_AAAA)
			snprintf(r->target, sizeof(r->target), "c%zu.swarm", i);
		if (r->section != SECTION_ANSWER)
			snprintf(r->owner, sizeof(r->owner), "swarm");
	}
}

static void check_answer(const struct packet_query *q, const struct packet_answer *a, size_t max)
{
	ldns_pkt *p = NULL;
	size_t len = 0;
	uint8_t *bytes = packet_write(q, a, max, &len);

	if (!bytes)
		return;
	fuzz_check(len <= max);
	fuzz_check(ldns_wire2pkt(&p, bytes, len) == LDNS_STATUS_OK);
	fuzz_check(ldns_pkt_qr(p));
	ldns_pkt_free(p);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_answer a = { 0 };
	struct zone_question question;
	struct packet_query q;

	if (!packet_query_parse(&q, data, size))
		return 0;
	fuzz_check(q.udp_max >= PACKET_UDP_MIN && q.udp_max <= PACKET_UDP_MAX);
	zone_read(&question, "swarm", q.name);
	a.code = q.fault;
	if (q.fault == CODE_OK)
		fill(&a, data, size);
	check_answer(&q, &a, q.udp_max);
	check_answer(&q, &a, PACKET_TCP_MAX);
	packet_answer_finish(&a);
	packet_query_finish(&q);
	return 0;
}
