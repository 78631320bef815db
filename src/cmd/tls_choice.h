/*
 * cmd/tls_choice.h - what --tls, --tlsverify and the files beside them mean.
 */
#pragma once

#include <stdbool.h>

#include "net/tls.h"

struct tls_choice {
	bool tls, verify;
	const char *ca, *cert, *key; /* files; NULL: not given */
};

/* Both NULL: without TLS. */
bool tls_choice_load(const struct tls_choice *c, struct tls_context **ret_server,
	struct tls_context **ret_client, struct error *err);
