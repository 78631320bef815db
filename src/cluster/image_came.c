/* cluster/image_came.c - since when a name means the image that it means on an engine. */
#include "cluster/image_came.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cluster/find_private.h"
#include "docker/image_name.h"
#include "docker/reference.h"

/* More at once are forgotten, and count as made. */
enum { PULLED_MAX = 64 };

/* Each is sought among those that it had before, all in one turn; what has more is not dated. */
enum { TAGS_MAX = 256 };

enum { LATE_MS = 10 * 1000 };

int64_t image_came_ms(const struct image *i, const char *reference)
{
	for (size_t n = 0; i->came_ms && n < i->tags_count; n++) {
		if (strcmp(i->tags[n], reference) == 0)
			return i->came_ms[n];
	}
	return 0;
}

/* The one of this id in the engine's present list. */
static const struct image *present_image(const struct engine *e, const char *id)
{
	const char *hex = image_id_hex(id);
	const struct index_mark *m;

	index_each(m, index_find(e->cluster->finders->image_ids, hex, strlen(hex)))
	{
		if (m->of->engine == e && strcmp(mark_image(m)->id, id) == 0)
			return mark_image(m);
	}
	return NULL;
}

/* --- what is made --- */

void image_making_begin(struct image_making *m, struct engine *e)
{
	assert(!m->engine);
	m->engine = engine_ref(e);
	e->making++;
	if (e->cluster)
		e->cluster->finders->have_made_images = true;
}

void image_making_end(struct image_making *m)
{
	struct engine *e = steal(m->engine);

	if (!e)
		return;
	assert(e->making > 0);
	if (--e->making == 0)
		e->made_ms = clock_mono_ms();
	engine_unref(e);
}

/* --- what the engine tells --- */

static void set_came(const struct engine *e, const char *name, int64_t ms)
{
	size_t len;
	const char *key = image_name_key(name, &len);
	const struct index_mark *m;

	index_each(m, index_find(e->cluster->finders->image_names, key, len))
	{
		struct image *i = (struct image *)mark_image(m); /* the engine's own */

		if (m->of->engine != e || i->tags_count > TAGS_MAX)
			continue;
		for (size_t n = 0; n < i->tags_count; n++) {
			if (!reference_answers(i->tags[n], name, IMAGE_MATCH_TAG))
				continue;
			if (!i->came_ms)
				i->came_ms = xcalloc(i->tags_count, sizeof(*i->came_ms));
			i->came_ms[n] = ms;
		}
	}
}

/* The event may come after the answer to who made it: it has a connection of its own. */
static void set_made(const struct engine *e, const char *name)
{
	int64_t now_ms = clock_mono_ms();

	if (e->making)
		set_came(e, name, now_ms);
	else if (e->made_ms && now_ms - e->made_ms < LATE_MS)
		set_came(e, name, e->made_ms);
}

/* A name that is given again to the image that has it changes nothing in the list. */
void image_came_event(struct engine *e, const struct docker_event *event)
{
	const char *name = event_attribute(event, "name");

	if (event->type != EVENT_IMAGE || !e->cluster)
		return;
	if (event_action_is(event, "tag") && name)
		set_made(e, name);
	if (!event_action_is(event, "pull"))
		return;
	set_came(e, event->actor_id, -clock_mono_ms());
	if (e->pulled.count < PULLED_MAX)
		strv_add(&e->pulled, event->actor_id);
}

static bool was_pulled(const struct engine *e, const char *tag)
{
	for (size_t i = 0; i < e->pulled.count; i++) {
		if (reference_answers(tag, e->pulled.items[i], IMAGE_MATCH_TAG))
			return true;
	}
	return false;
}

/* --- a new list --- */

size_t image_came_begin(const struct engine *e)
{
	return e->pulled.count;
}

static bool has_tag(const struct image *i, const char *tag)
{
	for (size_t n = 0; i && n < i->tags_count; n++) {
		if (i->tags[n] == tag) /* interned */
			return true;
	}
	return false;
}

static int64_t date(
	const struct engine *e, const struct image *before, const char *tag, int64_t now_ms)
{
	if (has_tag(before, tag))
		return image_came_ms(before, tag);
	return e->making && !was_pulled(e, tag) ? now_ms : -now_ms;
}

void image_came_date(const struct engine *e, struct image *i, int64_t now_ms)
{
	const struct image *before;
	bool any = false;

	if (!e->image_marks || !e->cluster || i->tags_count == 0 || i->tags_count > TAGS_MAX)
		return; /* the first list, or nothing to date */
	before = present_image(e, i->id);
	i->came_ms = xcalloc(i->tags_count, sizeof(*i->came_ms));
	for (size_t n = 0; n < i->tags_count; n++) {
		i->came_ms[n] = date(e, before, i->tags[n], now_ms);
		any |= i->came_ms[n] != 0;
	}
	if (!any)
		free(steal(i->came_ms));
}

void image_came_end(struct engine *e, size_t begun)
{
	for (size_t i = 0; i < begun && e->pulled.count; i++)
		strv_remove(&e->pulled, 0);
}
