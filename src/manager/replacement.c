/* manager/replacement.c - one epoch later. */
#include "manager/replacement.h"

#include <string.h>

#include "base/mem.h"
#include "docker/policy.h"

bool replacement_config(
	const char *body, const char *name, struct container_config *ret, struct error *err)
{
	auto_free char *epoch = NULL;

	if (!config_parse(ret, body, strlen(body), name, "", err))
		return error_wrap(err, "its configuration");
	epoch = xasprintf("%llu", (unsigned long long)policy_epoch(&ret->labels) + 1);
	config_set_label(ret, LABEL_EPOCH, epoch);
	return true;
}
