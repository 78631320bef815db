#include "fixture.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

static void handle_event(
	struct bus_listener *l, const struct docker_event *e, struct engine *engine maybe_unused)
{
	if (e->type != EVENT_NODE) /* which repeat those of type swarm */
		strv_add(&container_of(l, struct fixture, listener)->actions, e->action);
}

void fixture_create(struct fixture *fx)
{
	log_set_level(LOG_FATAL);
	*fx = (struct fixture){ .loop = loop_create() };
	fx->cluster = members_create(fx->loop, &(struct cluster_config){
						       .refresh_min_ms = 300 * 1000,
						       .refresh_max_ms = 300 * 1000,
						       .failure_retry = 3,
						       .overcommit = 0.05,
					       });
	fx->listener.handle_event = handle_event;
	bus_subscribe(fx->cluster->bus, &fx->listener);
}

void fixture_destroy(struct fixture *fx)
{
	members_destroy(fx->cluster);
	loop_turn(fx->loop, 0); /* what was closed is freed at the end of a turn */
	loop_destroy(fx->loop);
	strv_finish(&fx->actions);
}

void fixture_members(struct fixture *fx, const char *first, ...)
{
	auto_strv struct strv addresses = STRV_INIT;
	va_list ap;

	va_start(ap, first);
	for (const char *a = first; a; a = va_arg(ap, const char *))
		strv_add(&addresses, a);
	va_end(ap);
	members_set(fx->cluster, &addresses);
}

struct engine *fixture_engine(struct fixture *fx, const char *addr)
{
	for (size_t i = 0; i < fx->cluster->engines_count; i++) {
		if (strcmp(fx->cluster->engines[i]->addr, addr) == 0)
			return fx->cluster->engines[i];
	}
	fail_msg("no engine %s", addr);
	return NULL;
}

struct engine *fixture_join(struct fixture *fx, struct fake_engine *f)
{
	struct engine *e;

	fixture_members(fx, f->address, NULL);
	e = fixture_engine(fx, f->address);
	turn_until(fx->loop, engine_is_healthy(e));
	return e;
}

size_t fixture_heard(const struct fixture *fx, const char *action)
{
	size_t count = 0;

	for (size_t i = 0; i < fx->actions.count; i++)
		count += strcmp(fx->actions.items[i], action) == 0;
	return count;
}

struct engine *fixture_validated(struct fixture *fx, const char *name, const char *daemon_id)
{
	static int port;
	auto_free char *addr = xasprintf("127.0.0.1:%d", 2000 + port++);
	auto_strv struct strv addresses = STRV_INIT;
	struct engine *e;

	for (size_t i = 0; i < fx->cluster->engines_count; i++)
		strv_add(&addresses, fx->cluster->engines[i]->addr);
	strv_add(&addresses, addr);
	members_set(fx->cluster, &addresses);
	e = fixture_engine(fx, addr);
	free(e->name);
	free(e->daemon_id);
	free(e->id);
	e->name = xstrdup(name);
	e->daemon_id = xstrdup(daemon_id);
	e->id = xasprintf("%s|%s", daemon_id, addr);
	engine_register(e);
	return e;
}

struct container *fixture_container(
	struct engine *e, const char *id, const char *swarm_id, const char *name)
{
	struct container *c = container_create();

	c->state = *id ? CONTAINER_RUNNING : CONTAINER_PENDING;
	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->swarm_id, sizeof(c->swarm_id), "%s", swarm_id);
	c->names = xcalloc(1, sizeof(*c->names));
	c->names[0] = xstrdup(name);
	c->names_count = 1;
	engine_add_container(e, c);
	return c;
}

/* The list is read again, with one more. */
#define DEFINE_ADD(kind)                                                                           \
	void fixture_##kind(struct engine *e, const char *entry)                                   \
	{                                                                                          \
		struct kind *items = xcalloc(e->kind##s_count + 1, sizeof(*items));                \
		size_t count = e->kind##s_count;                                                   \
                                                                                                   \
		for (size_t i = 0; i <= count; i++) {                                              \
			const char *text = i < count ? e->kind##s[i].entry : entry;                \
			auto_json yyjson_doc *doc = json_parse(text, strlen(text), NULL);          \
                                                                                                   \
			assert_true(kind##_from_json(&items[i], yyjson_doc_get_root(doc), NULL));  \
		}                                                                                  \
		engine_set_##kind##s(e, items, count + 1);                                         \
	}

DEFINE_ADD(image)
DEFINE_ADD(network)
DEFINE_ADD(volume)
