/*
 * docker/availability.h - what a node is there for, in the words of `docker node update`.
 */
#pragma once

#include <stdbool.h>

enum availability {
	AVAILABILITY_ACTIVE,
	AVAILABILITY_PAUSE, /* nothing new comes to it */
	AVAILABILITY_DRAIN, /* ... and what may move leaves it */
};

/* In capitals or not; false: none of these. */
bool availability_parse(const char *text, enum availability *ret);
const char *availability_text(enum availability a); /* "active", ... */
