/*
 * api/browser.h - requests that a web page makes through somebody's browser.
 *
 * Whoever reaches the port controls every engine, and a browser on the same host reaches it for
 * every page that it shows.  So a page of another origin is refused, unless --api-enable-cors
 * invites all; and where no certificate says who we are, so is a browser that found us under a
 * name that is not ours, because such a name may belong to a page that points it here.  Other
 * programs send no Origin and no Sec-Fetch fields, and may call us what they like.
 */
#pragma once

#include "api/api.h"

/* Otherwise err (ERROR_FORBIDDEN) says what was foreign. */
bool browser_admits(const struct api *api, const struct exchange *x, struct error *err);

/* Of a request that was admitted and is passed on to another manager, which knows nothing of the
 * name that this one was called by. */
void browser_pass_on(struct headers *h);
