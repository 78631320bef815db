/*
 * manager/network_claim.h - the names of networks that are being made.
 *
 * Engines let several networks have one name.  Here a plain name is one network's, also while the
 * first is not there yet: who makes one claims its name until the records show it.
 */
#pragma once

#include "base/list.h"

struct manager;

/* Embedded in what makes the network. */
struct network_claim {
	struct list link; /* manager->network_claims; private, as all below */
	char *name;       /* owned; NULL: claims nothing */
};

/* False when somebody else makes one of that name.  c is zeroed memory. */
bool network_claim_begin(struct network_claim *c, struct manager *m, const char *name);
/* Leaves zeroed memory, which is fine too. */
void network_claim_end(struct network_claim *c);
