/*
 * discovery/registration_private.h - what registration.c and the schemes know of each other.
 */
#pragma once

#include "discovery/registration.h"

/* Embedded in every scheme's own registration. */
struct registration {
	const struct registration_backend *backend;
};

struct registration_backend {
	void (*release)(struct registration *r);
	void (*reload)(struct registration *r);
	void (*destroy)(struct registration *r);
};
