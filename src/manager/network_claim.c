/* manager/network_claim.c - one list of names. */
#include "manager/network_claim.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "manager/manager.h"

bool network_claim_begin(struct network_claim *c, struct manager *m, const char *name)
{
	const struct network_claim *other;

	assert(!c->name && *name);
	list_for_each (other, &m->network_claims, link) {
		if (strcmp(other->name, name) == 0)
			return false;
	}
	c->name = xstrdup(name);
	list_push_back(&m->network_claims, &c->link);
	return true;
}

void network_claim_end(struct network_claim *c)
{
	if (!c->name)
		return;
	list_remove(&c->link);
	free(steal(c->name));
}
