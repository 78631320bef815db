/* cluster/finders.c - one index for each way to name a thing. */
#include "base/mem.h"
#include "cluster/find_private.h"

struct finders *finders_create(void)
{
	struct finders *f = xnew(struct finders);

	f->network_names = index_create(false);
	f->network_ids = index_create(true);
	f->image_names = index_create(false);
	f->image_ids = index_create(true);
	f->volume_names = index_create(false);
	return f;
}

void finders_destroy(struct finders *f)
{
	if (!f)
		return;
	index_destroy(f->network_names);
	index_destroy(f->network_ids);
	index_destroy(f->image_names);
	index_destroy(f->image_ids);
	index_destroy(f->volume_names);
	free(f);
}
