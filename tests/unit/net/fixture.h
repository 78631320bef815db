/*
 * Certificates made on the spot, and connected streams of every kind.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

enum link_kind {
	LINK_UNIX,
	LINK_TCP,
	LINK_TLS12,
	LINK_TLS13,
};

/* Files in a fresh folder: ca, one certificate for each wish. */
struct pki {
	char *folder;
};

enum pki_usage {
	PKI_SERVER,
	PKI_CLIENT,
	PKI_EXPIRED_SERVER,
	PKI_OTHER_NAME, /* for node-9.example only */
};

void pki_create(struct pki *p);
void pki_destroy(struct pki *p);
/* Writes NAME.pem and NAME.key, signed by the authority. */
void pki_issue(struct pki *p, const char *name, enum pki_usage usage);
/* Path of a file in the folder; the caller frees. */
char *pki_path(const struct pki *p, const char *name, const char *suffix);
/* Contexts for certificate NAME; a failure fails the test. */
struct tls_context *pki_server(struct pki *p, const char *name, enum tls_verify verify);
struct tls_context *pki_client(struct pki *p, const char *name, enum tls_verify verify);

/* The two ends of a connection over loopback, neither of which waits. */
void connect_tcp(int ret_fds[2]);
/* Two connected streams on one loop. */
void link_create(
	struct loop *loop, enum link_kind kind, struct stream **ret_a, struct stream **ret_b);

/* Turns until the condition holds; fails the test after some seconds. */
#define turn_until(loop, condition)                                                                \
	do {                                                                                       \
		for (int turns_ = 0; !(condition); turns_++) {                                     \
			loop_turn((loop), 10);                                                     \
			if (turns_ > 1000)                                                         \
				fail_msg("never came true: %s", #condition);                       \
		}                                                                                  \
	} while (0)
