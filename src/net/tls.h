/*
 * net/tls.h - certificates and contexts; the bytes are net/stream.h's business.
 *
 * TLS 1.2 and 1.3, ALPN http/1.1 only.  Error texts name the fix (expired, wrong host name,
 * missing client usage, unknown authority, plain HTTP on a TLS port and the reverse).
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/error.h"

struct tls_files {
	const char *ca_file;   /* NULL: no own authority */
	const char *cert_file; /* NULL: no certificate */
	const char *key_file;
};

enum tls_verify {
	TLS_VERIFY_NONE,   /* --tls: the peer is not checked */
	TLS_VERIFY_PEER,   /* --tlsverify: against ca_file and only it */
	TLS_VERIFY_SYSTEM, /* client: the system's roots, plus ca_file when given */
};

struct tls_context;

/* Server and client side of one configuration.  A private key that others can read is refused. */
struct tls_context *tls_server_create(
	const struct tls_files *files, enum tls_verify verify, struct error *err) must_check;
struct tls_context *tls_client_create(
	const struct tls_files *files, enum tls_verify verify, struct error *err) must_check;
struct tls_context *tls_context_ref(struct tls_context *ctx);
void tls_context_unref(struct tls_context *ctx);
/* Read the files again (SIGHUP); on failure the old ones stay in force.  Open connections are not
 * touched. */
bool tls_context_reload(struct tls_context *ctx, struct error *err);

/* Whether a peer must show a certificate that is checked. */
bool tls_context_verifies(const struct tls_context *ctx);

/* A connection object; for clients server_name is verified (DNS name or IP SAN) and sent as SNI
 * when a name. */
SSL *tls_context_new_ssl(struct tls_context *ctx, const char *server_name);
/* Why a handshake or an operation on ssl failed, in words that name the fix. */
void tls_error_set(struct error *err, SSL *ssl, int ssl_result);
