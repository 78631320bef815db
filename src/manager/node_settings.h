/*
 * manager/node_settings.h - what operators have said about nodes: `docker node update`.
 *
 * By the node's name, so that they hold before its engine is there, and after it was exchanged.
 * At rest they are "nodes/<name>" of manager/keep.h.
 */
#pragma once

#include <stdint.h>

#include "docker/availability.h"
#include "docker/label.h"
#include "manager/keep.h"

struct node_setting {
	enum availability availability;
	struct labels labels;
	uint64_t version;      /* one more with every change; 0: nothing was ever said */
	int64_t updated_at_ns; /* wall; 0: never */
};

/* Embedded in who wants to know that some setting changed; told at the end of the turn. */
struct node_settings_listener {
	struct listeners_link link;
	void (*handle_change)(struct node_settings_listener *l);
};

struct node_settings;

/* keep is borrowed, and ends later. */
struct node_settings *node_settings_create(struct keep *keep) must_check;
/* NULL is fine. */
void node_settings_destroy(struct node_settings *s);

/* Borrowed until the next turn; never NULL: of what nobody spoke about, everything is as usual. */
const struct node_setting *node_settings_get(const struct node_settings *s, const char *name);
/* Replaces availability and labels, and counts the version up; holds at once.  As keep_put. */
void node_settings_put(struct node_settings *s, const char *name, enum availability availability,
	const struct labels *labels, struct keep_write *w, struct task *t);

void node_settings_listen(struct node_settings *s, struct node_settings_listener *l);
/* Any number of times; a zeroed listener is fine. */
void node_settings_unlisten(struct node_settings_listener *l);

/* One at rest.  Fails for what is none. */
bool node_setting_parse(struct node_setting *ret, const char *text, struct error *err);
void node_setting_finish(struct node_setting *ns);
