/* cluster/event_key.c - two hashes of what an event says of itself. */
#include "cluster/event_key.h"

#include <string.h>

#include "base/map.h"

uint64_t event_key_of(const struct docker_event *e, const char *engine_id)
{
	auto_free char *text = xasprintf("%s\n%lld\n%s\n%s\n%s", engine_id, (long long)e->time_ns,
		e->type_text, e->action, e->actor_id);
	size_t len = strlen(text);

	return (uint64_t)map_hash(text, len) << 32 | map_hash(text + 1, len - 1);
}
