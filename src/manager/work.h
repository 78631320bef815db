/*
 * manager/work.h - what the manager has under way.
 *
 * Work is embedded in what does it, and ends by itself; a manager that ends cancels what is left.
 */
#pragma once

#include "base/list.h"

struct manager;

struct work {
	struct list link; /* manager->works; private */
	void (*cancel)(struct work *w);
};

/* cancel ends at once, in silence, and frees; it calls work_end. */
void work_begin(struct work *w, struct manager *m, void (*cancel)(struct work *w));
void work_end(struct work *w);
/* Whatever is under way; work that is cancelled may take other work with it. */
void work_cancel_all(struct manager *m);
