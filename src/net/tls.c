/*
 * net/tls.c - what a side of TLS holds to, and the connections it makes.
 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/tls_private.h"

struct tls_context {
	unsigned refs;
	bool is_server;
	enum tls_verify verify;
	struct tls_files files; /* strings owned */
	SSL_CTX *ctx;           /* owned; replaced by a reload */
};

static const unsigned char alpn_protocols[] = "\x08http/1.1";

static bool load_authorities(SSL_CTX *ctx, const struct tls_context *t, struct error *err)
{
	if (t->verify == TLS_VERIFY_NONE)
		return true;
	if (t->verify == TLS_VERIFY_PEER && !t->files.ca_file)
		return error_set(err, ERROR_INVALID, "a CA certificate is needed to verify peers");
	if (t->files.ca_file && !tls_load_authority(ctx, t->files.ca_file, err))
		return false;
	if (t->verify == TLS_VERIFY_SYSTEM)
		SSL_CTX_set_default_verify_paths(ctx);
	/* Tells clients which of their certificates to choose. */
	if (t->is_server && t->files.ca_file)
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(t->files.ca_file));
	return true;
}

static int select_protocol(SSL *ssl maybe_unused, const unsigned char **ret, unsigned char *ret_len,
	const unsigned char *offered, unsigned offered_len, void *arg maybe_unused)
{
	unsigned char *found;

	/* A client that offers only others is not refused: it will not get what it hopes for, and
	 * has better words for that. */
	if (SSL_select_next_proto(&found, ret_len, alpn_protocols, sizeof(alpn_protocols) - 1,
		    offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*ret = found;
	return SSL_TLSEXT_ERR_OK;
}

static void set_rules(SSL_CTX *ctx, const struct tls_context *t)
{
	int mode = SSL_VERIFY_NONE;

	if (t->verify != TLS_VERIFY_NONE)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, mode == SSL_VERIFY_NONE ? NULL : tls_note_verify);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Thousands of idle connections need no record buffers. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (t->is_server) {
		SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
		SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"swarm", 5);
	} else {
		SSL_CTX_set_alpn_protos(ctx, alpn_protocols, sizeof(alpn_protocols) - 1);
	}
}

static SSL_CTX *load_ctx(const struct tls_context *t, struct error *err)
{
	SSL_CTX *ctx = SSL_CTX_new(t->is_server ? TLS_server_method() : TLS_client_method());

	assert(ctx);
	ERR_clear_error();
	set_rules(ctx, t);
	if (tls_load_key_pair(ctx, &t->files, err) && load_authorities(ctx, t, err))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static struct tls_context *context_create(
	const struct tls_files *files, enum tls_verify verify, bool is_server, struct error *err)
{
	struct tls_context *t = xnew(struct tls_context);

	t->refs = 1;
	t->is_server = is_server;
	t->verify = verify;
	t->files.ca_file = xstrdup_null(files->ca_file);
	t->files.cert_file = xstrdup_null(files->cert_file);
	t->files.key_file = xstrdup_null(files->key_file);
	t->ctx = load_ctx(t, err);
	if (t->ctx)
		return t;
	tls_context_unref(t);
	return NULL;
}

struct tls_context *tls_server_create(
	const struct tls_files *files, enum tls_verify verify, struct error *err)
{
	if (!files->cert_file) {
		error_set(err, ERROR_INVALID, "a TLS server needs a certificate");
		return NULL;
	}
	return context_create(files, verify, true, err);
}

struct tls_context *tls_client_create(
	const struct tls_files *files, enum tls_verify verify, struct error *err)
{
	return context_create(files, verify, false, err);
}

bool tls_context_verifies(const struct tls_context *ctx)
{
	return ctx->verify != TLS_VERIFY_NONE;
}

struct tls_context *tls_context_ref(struct tls_context *t)
{
	t->refs++;
	return t;
}

void tls_context_unref(struct tls_context *t)
{
	if (!t || --t->refs > 0)
		return;
	free((char *)t->files.ca_file);
	free((char *)t->files.cert_file);
	free((char *)t->files.key_file);
	SSL_CTX_free(t->ctx);
	free(t);
}

bool tls_context_reload(struct tls_context *t, struct error *err)
{
	SSL_CTX *fresh = load_ctx(t, err);

	if (!fresh)
		return false;
	SSL_CTX_free(t->ctx);
	t->ctx = fresh;
	return true;
}

static bool is_ip(const char *name)
{
	struct in6_addr a;

	return inet_pton(AF_INET, name, &a) == 1 || inet_pton(AF_INET6, name, &a) == 1;
}

/* Without an expectation every certificate of the authority would do: that must not happen. */
static void expect_name(SSL *ssl, const char *name)
{
	bool ip = is_ip(name);
	int expected = ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name)
			  : SSL_set1_host(ssl, name);

	if (expected != 1)
		abort(); /* out of memory */
	if (!ip)
		SSL_set_tlsext_host_name(ssl, name);
}

SSL *tls_context_new_ssl(struct tls_context *t, const char *server_name)
{
	SSL *ssl = SSL_new(t->ctx);

	assert(ssl);
	if (t->is_server) {
		SSL_set_accept_state(ssl);
		return ssl;
	}
	SSL_set_connect_state(ssl);
	if (server_name && *server_name)
		expect_name(ssl, server_name);
	return ssl;
}
