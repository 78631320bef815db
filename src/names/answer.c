/* names/answer.c - from a question to records. */
#include "names/answer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cluster/reach.h"
#include "manager/publish.h"
#include "names/zone.h"
#include "net/socket.h"

enum {
	TTL_S = 5,
	ENTRIES_MAX = 2000, /* looked at for one answer */
};

struct answering {
	const struct answer_source *source;
	struct packet_answer *answer;
	struct zone_question question;
	uint16_t type;
};

static bool wants(const struct answering *a, uint16_t type)
{
	return a->type == type || a->type == TYPE_ANY;
}

/* --- records --- */

static bool is_there(const struct packet_answer *answer, const struct packet_record *r)
{
	for (size_t i = 0; i < answer->count - 1; i++) {
		const struct packet_record *other = &answer->records[i];

		if (other->type == r->type && other->section == r->section &&
			other->port == r->port && strcmp(other->owner, r->owner) == 0 &&
			strcmp(other->target, r->target) == 0 &&
			memcmp(&other->address, &r->address, sizeof(r->address)) == 0)
			return true;
	}
	return false;
}

static void add_address(
	struct answering *a, enum packet_section section, const char *owner, const char *ip)
{
	struct packet_record *r = packet_answer_add(a->answer);
	bool is_v6 = strchr(ip, ':');

	r->section = (uint8_t)section;
	r->type = is_v6 ? TYPE_AAAA : TYPE_A;
	snprintf(r->owner, sizeof(r->owner), "%s", owner);
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, ip, &r->address) != 1 ||
		(section == SECTION_ANSWER && !wants(a, r->type)) || is_there(a->answer, r))
		a->answer->count--;
}

static void add_name(
	struct answering *a, enum packet_section section, uint16_t type, const char *target)
{
	struct packet_record *r = packet_answer_add(a->answer);

	r->section = (uint8_t)section;
	r->type = type;
	if (section != SECTION_ANSWER)
		snprintf(r->owner, sizeof(r->owner), "%s", a->source->domain);
	snprintf(r->target, sizeof(r->target), "%s", target);
}

/* Who asks for what is not there learns how long it may believe so. */
static void say_nothing(struct answering *a)
{
	if (a->answer->is_ours && a->answer->count == 0)
		add_name(a, SECTION_AUTHORITY, TYPE_SOA, a->source->domain);
}

/* --- containers --- */

static bool is_fit(const struct container *c)
{
	return c && c->state == CONTAINER_RUNNING && engine_is_healthy(c->engine) &&
	       (c->health == HEALTH_NONE || c->health == HEALTH_HEALTHY);
}

static bool ip_is_loopback(const char *ip)
{
	struct sockaddr_storage sa;

	return socket_set_ip(&sa, ip, 0) && socket_is_loopback(&sa);
}

/* Our own address for the port, as this client reaches it; NULL: it does not lead there. */
static const char *relay_ip(
	const struct answering *a, const struct container *c, const struct port_use *u)
{
	const char *local = a->source->local_ip;
	const char *host = a->source->publish ? publish_host(a->source->publish, c, u) : NULL;

	if (host && !*host)
		return *local ? local : NULL;
	if (!host)
		return NULL;
	return ip_is_loopback(host) && !ip_is_loopback(local) ? NULL : host;
}

static bool is_asked(const struct answering *a, const struct port_use *u)
{
	const struct zone_question *q = &a->question;

	return u->protocol <= PORT_UDP &&
	       (q->ports == ZONE_ALL_PORTS || (q->ports == ZONE_ONE_PORT && u->inside == q->port &&
						      u->protocol == (uint8_t)q->protocol));
}

/* Where the name of the container leads must be right for all its ports. */
static bool is_relayed(const struct answering *a, const struct container *c)
{
	bool some = false;

	for (size_t i = 0; i < c->ports_count; i++) {
		const struct port_use *u = &c->ports[i];

		if (u->protocol > PORT_UDP || !reach_port_ip(c->engine, u))
			continue;
		if (!relay_ip(a, c, u))
			return false;
		some = true;
	}
	return some;
}

static void add_addresses(struct answering *a, const struct container *c,
	enum packet_section section, const char *owner)
{
	bool relayed = is_relayed(a, c);

	if (c->host_network && *c->engine->ip)
		add_address(a, section, owner, c->engine->ip);
	for (size_t i = 0; i < c->ports_count; i++) {
		const struct port_use *u = &c->ports[i];
		const char *ip = relayed ? relay_ip(a, c, u) : reach_port_ip(c->engine, u);

		if (ip && u->protocol <= PORT_UDP)
			add_address(a, section, owner, ip);
	}
}

static void add_ports(struct answering *a, const struct container *c)
{
	const struct port_use *ports = c->host_network ? c->exposed : c->ports;
	size_t count = c->host_network ? c->exposed_count : c->ports_count;
	char owner[PACKET_NAME_MAX];
	bool some = false;

	if (snprintf(owner, sizeof(owner), "%s.%s", container_name(c), a->source->domain) >=
		(int)sizeof(owner))
		return;
	for (size_t i = 0; i < count; i++) {
		struct packet_record *r;

		if (!is_asked(a, &ports[i]) || !reach_port_ip(c->engine, &ports[i]))
			continue;
		r = packet_answer_add(a->answer);
		r->type = TYPE_SRV;
		r->port = ports[i].first;
		snprintf(r->target, sizeof(r->target), "%s", owner);
		if (is_there(a->answer, r))
			a->answer->count--;
		some = true;
	}
	if (some)
		add_addresses(a, c, SECTION_ADDITIONAL, owner);
}

static void add_container(struct answering *a, const struct container *c)
{
	if (!is_fit(c))
		return;
	if (wants(a, TYPE_SRV))
		add_ports(a, c);
	if (a->question.ports == ZONE_ALL_PORTS && (wants(a, TYPE_A) || wants(a, TYPE_AAAA)))
		add_addresses(a, c, SECTION_ANSWER, "");
}

static const struct directory_entry *next_entry(
	const struct list *entries, const struct directory_entry *e)
{
	const struct list *link = e && e->by_name.next != entries ? e->by_name.next : entries->next;

	return container_of(link, struct directory_entry, by_name);
}

static void answer_thing(struct answering *a)
{
	size_t count;
	const struct list *entries = directory_find(a->source->directory, a->question.name, &count);
	const struct directory_entry *e = NULL;

	if (!entries) {
		a->answer->code = CODE_NO_NAME;
		return;
	}
	for (size_t i = 0; i <= a->source->turn % count; i++)
		e = next_entry(entries, e);
	for (size_t i = 0; i < min_of(count, (size_t)ENTRIES_MAX); i++) {
		add_container(a, e->container);
		if (a->answer->count >= PACKET_RECORDS_MAX)
			break;
		e = next_entry(entries, e);
	}
	a->answer->count = min_of(a->answer->count, (size_t)PACKET_RECORDS_MAX);
}

/* --- nodes --- */

static void answer_node(struct answering *a)
{
	bool found = !*a->question.name; /* the place where they stand is there */
	struct engine *e;

	cluster_each (e, a->source->directory->cluster, CLUSTER_VALIDATED) {
		if (strcasecmp(e->name, a->question.name) != 0)
			continue;
		found = true;
		if (engine_is_healthy(e) && *e->ip)
			add_address(a, SECTION_ANSWER, "", e->ip);
	}
	if (!found)
		a->answer->code = CODE_NO_NAME;
}

/* What is not a node's address is somebody else's to tell. */
static void answer_address(struct answering *a)
{
	bool found = false;
	struct engine *e;

	cluster_each (e, a->source->directory->cluster, CLUSTER_VALIDATED) {
		char target[PACKET_NAME_MAX];

		if (strcmp(e->ip, a->question.ip) != 0 || !*e->name)
			continue;
		found = true;
		if (wants(a, TYPE_PTR) && a->answer->count < PACKET_RECORDS_MAX &&
			snprintf(target, sizeof(target), "%s." ZONE_NODES ".%s", e->name,
				a->source->domain) < (int)sizeof(target))
			add_name(a, SECTION_ANSWER, TYPE_PTR, target);
	}
	if (!found)
		a->answer->code = CODE_REFUSED;
	a->answer->is_ours = found;
}

static void answer_apex(struct answering *a)
{
	const char *domain = a->source->domain;

	if (wants(a, TYPE_SOA))
		add_name(a, SECTION_ANSWER, TYPE_SOA, domain);
	if (wants(a, TYPE_NS))
		add_name(a, SECTION_ANSWER, TYPE_NS, domain);
	if (*a->source->local_ip)
		add_address(a, SECTION_ANSWER, "", a->source->local_ip);
}

static void answer_outside(struct answering *a)
{
	a->answer->code = CODE_REFUSED;
	a->answer->is_ours = false;
}

static void (*const kinds[])(struct answering *a) = {
	[ZONE_OUTSIDE] = answer_outside,
	[ZONE_APEX] = answer_apex,
	[ZONE_NODE] = answer_node,
	[ZONE_THING] = answer_thing,
	[ZONE_ADDRESS] = answer_address,
};

void answer_fill(
	struct packet_answer *ret, const struct answer_source *s, const struct packet_query *q)
{
	struct answering a = { .source = s, .answer = ret, .type = q->type };

	ret->code = q->fault;
	ret->ttl_s = TTL_S;
	if (q->fault != CODE_OK)
		return;
	ret->is_ours = true;
	zone_read(&a.question, s->domain, q->name);
	kinds[a.question.kind](&a);
	say_nothing(&a);
}
