/* names/packet.c - DNS messages by ldns. */
#include "names/packet.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum {
	HEADER_LEN = 12,
	RESPONSE_BIT = 0x80, /* in the third byte of a message */
	SOA_RETRY_S = 60,
	SOA_EXPIRE_S = 600,
};

/* --- queries --- */

static bool read_name(struct packet_query *q, const ldns_rr *question)
{
	char *text;
	size_t len;

	ldns_dname2canonical(ldns_rr_owner(question));
	text = ldns_rdf2str(ldns_rr_owner(question));
	if (!text)
		return false;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		text[--len] = '\0';
	/* What is so long because of its escapes is nobody's name. */
	if (len >= sizeof(q->name))
		snprintf(q->name, sizeof(q->name), "\\");
	else
		memcpy(q->name, text, len + 1);
	free(text);
	return true;
}

static enum packet_code read_question(struct packet_query *q, const ldns_pkt *p)
{
	const ldns_rr *question;

	if (ldns_pkt_get_opcode(p) != LDNS_PACKET_QUERY)
		return CODE_NOT_IMPLEMENTED;
	if (ldns_pkt_qdcount(p) != 1)
		return CODE_FORMAT;
	if (ldns_pkt_edns(p) && ldns_pkt_edns_version(p) != 0)
		return CODE_VERSION;
	question = ldns_rr_list_rr(ldns_pkt_question(p), 0);
	q->type = (uint16_t)ldns_rr_get_type(question);
	if (ldns_rr_get_class(question) != LDNS_RR_CLASS_IN &&
		ldns_rr_get_class(question) != LDNS_RR_CLASS_ANY)
		return CODE_REFUSED;
	/* A copy is read: the question goes back as it was written. */
	ldns_rr *copy = ldns_rr_clone(question);
	bool ok = copy && ldns_rr_owner(copy) && read_name(q, copy);

	ldns_rr_free(copy);
	return ok ? CODE_OK : CODE_FORMAT;
}

/* Of a message that cannot be read further, its number can be. */
static ldns_pkt *packet_of_header(const uint8_t *data)
{
	ldns_pkt *p = ldns_pkt_new();

	if (p)
		ldns_pkt_set_id(p, (uint16_t)(data[0] << 8 | data[1]));
	return p;
}

bool packet_query_parse(struct packet_query *ret, const uint8_t *data, size_t len)
{
	ldns_pkt *p = NULL;
	bool readable;

	/* An answer to an answer would have no end. */
	if (len < HEADER_LEN || data[2] & RESPONSE_BIT)
		return false;
	*ret = (struct packet_query){ .udp_max = PACKET_UDP_MIN };
	readable = ldns_wire2pkt(&p, data, len) == LDNS_STATUS_OK;
	ret->packet = p = readable ? p : packet_of_header(data);
	if (!p)
		return false;
	if (ldns_pkt_edns(p)) {
		size_t size = ldns_pkt_edns_udp_size(p);

		ret->udp_max = min_of(max_of(size, (size_t)PACKET_UDP_MIN), (size_t)PACKET_UDP_MAX);
	}
	ret->fault = readable ? read_question(ret, p) : CODE_FORMAT;
	return true;
}

void packet_query_finish(struct packet_query *q)
{
	ldns_pkt_free(steal(q->packet));
}

/* --- answers --- */

struct packet_record *packet_answer_add(struct packet_answer *a)
{
	array_reserve(a->records, a->count, a->cap);
	a->records[a->count] = (struct packet_record){ 0 };
	return &a->records[a->count++];
}

void packet_answer_finish(struct packet_answer *a)
{
	free(a->records);
	*a = (struct packet_answer){ 0 };
}

static void push_number(ldns_rr *rr, uint32_t value)
{
	ldns_rr_push_rdf(rr, ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, value));
}

static void push_soa(ldns_rr *rr, const char *target, uint32_t ttl_s)
{
	auto_free char *mailbox = xasprintf("hostmaster.%s", target);

	ldns_rr_push_rdf(rr, ldns_dname_new_frm_str(mailbox));
	push_number(rr, 1); /* nothing is ever transferred */
	push_number(rr, ttl_s);
	push_number(rr, SOA_RETRY_S);
	push_number(rr, SOA_EXPIRE_S);
	push_number(rr, ttl_s); /* how long it may be remembered that a name is not there */
}

/* False when a name in it is none of DNS. */
static bool push_data(ldns_rr *rr, const struct packet_record *r, uint32_t ttl_s)
{
	ldns_rdf *target = *r->target ? ldns_dname_new_frm_str(r->target) : NULL;

	if (*r->target && !target)
		return false;
	if (r->type == TYPE_A) {
		ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, &r->address));
	} else if (r->type == TYPE_AAAA) {
		ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, 16, &r->address));
	} else if (r->type == TYPE_SRV) {
		ldns_rr_push_rdf(rr, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, 1));
		ldns_rr_push_rdf(rr, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, 1));
		ldns_rr_push_rdf(rr, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, r->port));
	}
	if (target)
		ldns_rr_push_rdf(rr, target);
	if (r->type == TYPE_SOA)
		push_soa(rr, r->target, ttl_s);
	return true;
}

static const ldns_pkt_section sections[] = {
	[SECTION_ANSWER] = LDNS_SECTION_ANSWER,
	[SECTION_AUTHORITY] = LDNS_SECTION_AUTHORITY,
	[SECTION_ADDITIONAL] = LDNS_SECTION_ADDITIONAL,
};

/* Left out when it cannot be written. */
static void push_record(
	ldns_pkt *p, const ldns_rr *question, const struct packet_record *r, uint32_t ttl_s)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *owner = *r->owner ? ldns_dname_new_frm_str(r->owner)
				    : ldns_rdf_clone(ldns_rr_owner(question));

	if (!owner) {
		ldns_rr_free(rr);
		return;
	}
	ldns_rr_set_owner(rr, owner);
	ldns_rr_set_type(rr, (ldns_rr_type)r->type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, ttl_s);
	if (push_data(rr, r, ttl_s))
		ldns_pkt_push_rr(p, sections[r->section], rr);
	else
		ldns_rr_free(rr);
}

static ldns_pkt *begin_answer(
	const struct packet_query *q, const struct packet_answer *a, bool truncated)
{
	const ldns_pkt *asked = q->packet;
	ldns_pkt *p = ldns_pkt_new();

	ldns_pkt_set_id(p, ldns_pkt_id(asked));
	ldns_pkt_set_opcode(p, ldns_pkt_get_opcode(asked));
	ldns_pkt_set_qr(p, true);
	ldns_pkt_set_rd(p, ldns_pkt_rd(asked));
	ldns_pkt_set_aa(p, a->is_ours);
	ldns_pkt_set_tc(p, truncated);
	ldns_pkt_set_rcode(p, a->code & 0xf);
	if (ldns_pkt_edns(asked)) {
		ldns_pkt_set_edns_udp_size(p, PACKET_UDP_MAX);
		ldns_pkt_set_edns_extended_rcode(p, (uint8_t)(a->code >> 4));
	}
	if (ldns_pkt_qdcount(asked) == 1)
		ldns_pkt_push_rr(p, LDNS_SECTION_QUESTION,
			ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(asked), 0)));
	return p;
}

static uint8_t *write_once(const struct packet_query *q, const struct packet_answer *a,
	bool truncated, size_t *ret_len)
{
	ldns_pkt *p = begin_answer(q, a, truncated);
	uint8_t *bytes = NULL;

	for (size_t i = 0; !truncated && i < a->count; i++)
		push_record(p, ldns_rr_list_rr(ldns_pkt_question(p), 0), &a->records[i], a->ttl_s);
	if (ldns_pkt2wire(&bytes, p, ret_len) != LDNS_STATUS_OK)
		free(steal(bytes));
	ldns_pkt_free(p);
	return bytes;
}

uint8_t *packet_write(
	const struct packet_query *q, const struct packet_answer *a, size_t max, size_t *ret_len)
{
	uint8_t *bytes = write_once(q, a, false, ret_len);

	if (bytes && *ret_len <= max)
		return bytes;
	free(bytes);
	bytes = write_once(q, a, true, ret_len);
	if (bytes && *ret_len <= max)
		return bytes;
	free(bytes);
	return NULL;
}
