/*
 * docker/policy.h - what becomes of a container when its node fails, in its own words.
 *
 * off, on-node-failure, and behind a colon how many copies of it may run while nobody knows whether
 * the node is dead or only cut off: at-least-once (one or two; what is meant when nothing is said)
 * or at-most-once (one or none).
 */
#pragma once

#include <stdint.h>

#include "docker/label.h"

enum policy {
	POLICY_OFF, /* it waits for its node */
	POLICY_AT_LEAST_ONCE,
	POLICY_AT_MOST_ONCE,
};

/* False: no policy. */
bool policy_parse(const char *text, enum policy *ret);
/* How often it was made anew, and how important that is; 0 when the labels say nothing of it. */
uint64_t policy_epoch(const struct labels *labels);
int64_t policy_priority(const struct labels *labels);
/* It may be made anew with empty volumes. */
bool policy_begins_afresh(const struct labels *labels);
/* Of the label that keeps it; what says nothing that is known is off. */
enum policy policy_of(const struct labels *labels);
