/*
 * discovery/registry_file.h - the registry as text; for discovery/ only.
 *
 *   swarm registry 1
 *   own <token>                      of the manager's own cluster; may be missing
 *   token <token>
 *   member <host:port> <ttl in seconds>     of the token above
 *   end
 *
 * The last line tells a whole file from the beginning of one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

enum {
	REGISTRY_MAX_TTL_S = 48 * 3600,
	REGISTRY_MAX_ADDRESS_LEN = 256,
};

/* A member, or with address NULL the token itself. */
struct registry_entry {
	char *token;   /* owned */
	char *address; /* owned */
	int64_t ttl_s; /* 1 .. REGISTRY_MAX_TTL_S */
};

struct registry_entries {
	char *own;                    /* owned; NULL: none */
	struct registry_entry *items; /* owned */
	size_t count, cap;
};

#define auto_registry_entries __attribute__((cleanup(registry_entries_finish)))

void registry_entries_finish(struct registry_entries *e);

/* Nothing at all is an empty registry.  Errors name the line. */
bool registry_file_parse(
	struct registry_entries *ret, const char *text, size_t len, struct error *err);

/* The lines in their order: begin, then each token followed by its members, then end. */
void registry_file_begin(struct strbuf *sb, const char *own); /* NULL: none */
void registry_file_add_token(struct strbuf *sb, const char *token);
void registry_file_add_member(struct strbuf *sb, const char *address, int64_t ttl_s);
void registry_file_end(struct strbuf *sb);

/* What may be registered: host:port of at most REGISTRY_MAX_ADDRESS_LEN bytes. */
bool registry_check_address(const char *address, struct error *err);
