/* manager/share.c - whose host is ours, and what containers there are given. */
#include "manager/share.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cluster/engine.h"
#include "docker/config.h"
#include "docker/engine_socket.h"
#include "manager/manager.h"
#include "net/local.h"

/* The address alone could be that of a tunnel, behind which is another host with other files. */
static bool is_on_this_host(const struct engine *e)
{
	char name[256] = "";

	return gethostname(name, sizeof(name) - 1) == 0 && strcmp(e->name, name) == 0 && *e->ip &&
	       local_has_address(e->ip);
}

static bool can_share(const struct manager *m, const struct engine *e)
{
	return m->shared_socket && is_on_this_host(e);
}

void share_edit(const struct manager *m, const struct engine *e, yyjson_mut_doc *create)
{
	if (engine_socket_is_bound(create) && can_share(m, e))
		engine_socket_replace(create, m->shared_socket);
}

void share_warn(const struct manager *m, const struct engine *e,
	const struct container_config *config, struct strv *warnings)
{
	if (!engine_socket_is_bound(config->doc) || can_share(m, e))
		return;
	strv_take(warnings,
		xasprintf(
			"The container is given the socket of the engine on node %s and sees only "
			"what runs there; %s, or set DOCKER_HOST in it to the manager's address",
			e->name,
			m->shared_socket ? "on the manager's own host it is given the manager's"
					 : "on the manager's host --share-endpoint gives it the "
					   "manager's"));
}
