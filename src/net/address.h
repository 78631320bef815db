/*
 * net/address.h - where to connect to, or to listen on.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

enum address_kind {
	ADDRESS_TCP,
	ADDRESS_UNIX,
};

struct address {
	enum address_kind kind;
	char *host; /* TCP: name or IP literal, may be "" when listening */
	char *port; /* TCP: decimal */
	char *path; /* unix */
};

/* "host:port", "tcp://host:port", "unix:///path"; anything else: `unsupported protocol: "x"`. */
bool address_parse(struct address *ret, const char *text, struct error *err);
void address_finish(struct address *a);
void address_copy(struct address *to, const struct address *from);
/* "host:port" or "unix:///path"; caller frees. */
char *address_format(const struct address *a) must_check;
