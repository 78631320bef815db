/*
 * docker/service_facts.h - what a registry of services needs of a container beyond its record.
 *
 * Kept only when somebody registers services, and of running containers only.  Of the environment
 * nothing stays but what begins with "SERVICE_": the rest is nobody's business.
 */
#pragma once

#include <yyjson.h>

#include "base/strv.h"

#define SERVICE_PREFIX "SERVICE_"

struct service_facts {
	char *image;         /* as it was asked for: "nginx", also when the tag has moved; owned */
	char *host_name;     /* as it calls itself; owned */
	struct strv exposed; /* "80/tcp", of image and command line */
	struct strv environment; /* "SERVICE_NAME=web"; values longer than SERVICE_VALUE_MAX, and
				    more of them than SERVICE_VALUES_MAX, are left out */
};

enum {
	SERVICE_VALUE_MAX = 8 * 1024, /* a list of tags may be long */
	SERVICE_VALUES_MAX = 256,
	SERVICE_EXPOSED_MAX = 128,
};

/* From an inspect document; NULL when the container does not run. */
struct service_facts *service_facts_from_inspect(yyjson_val *inspect) must_check;
/* NULL is fine. */
void service_facts_destroy(struct service_facts *f);
