/* docker/policy.c - the words of the policies. */
#include "docker/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/util.h"

static const struct {
	const char *text;
	enum policy policy;
} policies[] = {
	{ "off", POLICY_OFF },
	{ "on-node-failure", POLICY_AT_LEAST_ONCE },
	{ "on-node-failure:at-least-once", POLICY_AT_LEAST_ONCE },
	{ "on-node-failure:at-most-once", POLICY_AT_MOST_ONCE },
};

bool policy_parse(const char *text, enum policy *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		if (strcmp(text, policies[i].text) == 0) {
			*ret = policies[i].policy;
			return true;
		}
	}
	return false;
}

enum policy policy_of(const struct labels *labels)
{
	const char *list = labels_get(labels, LABEL_RESCHEDULE);

	for (size_t i = 0; list && i < ARRAY_SIZE(policies); i++) {
		auto_free char *quoted = xasprintf("\"%s\"", policies[i].text);

		if (strstr(list, quoted))
			return policies[i].policy;
	}
	return POLICY_OFF;
}

uint64_t policy_epoch(const struct labels *labels)
{
	const char *text = labels_get(labels, LABEL_EPOCH);
	uint64_t epoch;

	return text && parse_u64(text, &epoch) ? epoch : 0;
}

int64_t policy_priority(const struct labels *labels)
{
	const char *text = labels_get(labels, LABEL_PRIORITY);

	return text ? strtol(text, NULL, 10) : 0;
}

bool policy_begins_afresh(const struct labels *labels)
{
	const char *text = labels_get(labels, LABEL_RESCHEDULE_VOLUMES);

	return text && strcmp(text, RESCHEDULE_VOLUMES_FRESH) == 0;
}
