/* manager/decisions.c - a ring of texts, found by id. */
#include "manager/decisions.h"

#include <string.h>

#include "base/map.h"

struct decision {
	char *swarm_id, *text; /* owned */
	UT_hash_handle hh;
};

/* The table is in order of age, as uthash keeps what it is given. */
struct decisions {
	struct decision *all;
};

struct decisions *decisions_create(void)
{
	return xnew(struct decisions);
}

static struct decision *find(const struct decisions *d, const char *swarm_id)
{
	struct decision *found = NULL;

	HASH_FIND_STR(d->all, swarm_id, found);
	return found;
}

static void drop(struct decisions *d, struct decision *one)
{
	HASH_DELETE(hh, d->all, one);
	free(one->swarm_id);
	free(one->text);
	free(one);
}

void decisions_destroy(struct decisions *d)
{
	if (!d)
		return;
	while (d->all)
		drop(d, d->all);
	free(d);
}

void decisions_keep(struct decisions *d, const char *swarm_id, const char *text)
{
	struct decision *one = find(d, swarm_id);

	if (one)
		drop(d, one);
	if (HASH_COUNT(d->all) >= DECISIONS_MAX)
		drop(d, d->all);
	one = xnew(struct decision);
	one->swarm_id = xstrdup(swarm_id);
	one->text = xstrdup(text);
	HASH_ADD_KEYPTR(hh, d->all, one->swarm_id, strlen(one->swarm_id), one);
}

const char *decisions_find(const struct decisions *d, const char *swarm_id)
{
	const struct decision *one = find(d, swarm_id);

	return one ? one->text : NULL;
}
