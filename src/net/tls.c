/*
 * net/tls.c - certificates in, words out.
 *
 * OpenSSL knows why a certificate was refused only while it verifies: the verify callback writes
 * the sentence down then and there, and tls_error_set finds it on the SSL.
 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "net/socket.h"

struct tls_context {
	unsigned refs;
	bool is_server;
	enum tls_verify verify;
	struct tls_files files; /* strings owned */
	SSL_CTX *ctx;           /* owned; replaced by a reload */
};

static const unsigned char alpn_protocols[] = "\x08http/1.1";

static char *name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;

	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	len = BIO_get_mem_data(bio, &data);
	text = xstrndup(data, len);
	BIO_free(bio);
	return text;
}

static void add_name(struct strbuf *sb, const char *text, size_t len)
{
	if (sb->len > 0)
		strbuf_add_str(sb, ", ");
	strbuf_add(sb, text, len);
}

static void add_general_name(struct strbuf *sb, const GENERAL_NAME *name)
{
	char ip[INET6_ADDRSTRLEN];

	if (name->type == GEN_DNS) {
		add_name(sb, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
			ASN1_STRING_length(name->d.dNSName));
	} else if (name->type == GEN_IPADD) {
		const ASN1_OCTET_STRING *a = name->d.iPAddress;
		int family = ASN1_STRING_length(a) == 4 ? AF_INET : AF_INET6;

		if (ASN1_STRING_length(a) != 4 && ASN1_STRING_length(a) != 16)
			return;
		inet_ntop(family, ASN1_STRING_get0_data(a), ip, sizeof(ip));
		add_name(sb, ip, strlen(ip));
	}
}

/* "node-1, 10.0.0.1": the names that a client may connect by. */
static char *certificate_names(X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct strbuf sb;

	strbuf_init(&sb, 1024);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_general_name(&sb, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	if (sb.len == 0) {
		auto_free char *subject = name_text(X509_get_subject_name(certificate));

		add_name(&sb, subject, strlen(subject));
	}
	return strbuf_steal(&sb);
}

static char *time_text(const ASN1_TIME *time)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long len;

	ASN1_TIME_print(bio, time);
	len = BIO_get_mem_data(bio, &data);
	text = xstrndup(data, len);
	BIO_free(bio);
	return text;
}

static char *describe_dates(X509 *certificate, const char *subject, int code)
{
	bool expired = code == X509_V_ERR_CERT_HAS_EXPIRED;
	auto_free char *when = time_text(
		expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate));

	if (expired)
		return xasprintf("certificate of '%s' expired on %s: renew it, or set the clock of "
				 "this host right",
			subject, when);
	return xasprintf("certificate of '%s' is valid only from %s: set the clock of this host "
			 "right, or wait",
		subject, when);
}

static char *describe_names(X509 *certificate, X509_STORE_CTX *store)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
	auto_free char *names = certificate_names(certificate);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
	char *ip = host ? NULL : X509_VERIFY_PARAM_get1_ip_asc(param);
	char *text = xasprintf("certificate is valid for %s, not for %s: connect by one of these "
			       "names, or make a certificate for it",
		names, host ? host : ip);

	OPENSSL_free(ip);
	return text;
}

static char *describe_purpose(const char *subject, SSL *ssl)
{
	return xasprintf("certificate of '%s' is not made for TLS %s (unsupported certificate "
			 "purpose): make it again with extendedKeyUsage=%s",
		subject, SSL_is_server(ssl) ? "clients" : "servers",
		SSL_is_server(ssl) ? "clientAuth" : "serverAuth");
}

static char *describe_issuer(X509 *certificate, const char *subject)
{
	auto_free char *issuer = name_text(X509_get_issuer_name(certificate));

	return xasprintf("certificate of '%s' is signed by unknown authority '%s': give the "
			 "authority's certificate as CA certificate",
		subject, issuer);
}

static char *describe_verify(X509_STORE_CTX *store, SSL *ssl)
{
	int code = X509_STORE_CTX_get_error(store);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	auto_free char *subject =
		certificate ? name_text(X509_get_subject_name(certificate)) : xstrdup("?");

	if (!certificate)
		return xstrdup(X509_verify_cert_error_string(code));
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID: return describe_dates(certificate, subject, code);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH: return describe_names(certificate, store);
	case X509_V_ERR_INVALID_PURPOSE: return describe_purpose(subject, ssl);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return describe_issuer(certificate, subject);
	default:
		return xasprintf(
			"certificate of '%s': %s", subject, X509_verify_cert_error_string(code));
	}
}

static void free_note(void *parent maybe_unused, void *note, CRYPTO_EX_DATA *data maybe_unused,
	int index maybe_unused, long argl maybe_unused, void *argp maybe_unused)
{
	free(note);
}

/* Where an SSL keeps the sentence about its peer's certificate; owned by the SSL. */
static int note_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_note);
	return index;
}

static int handle_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok && !SSL_get_ex_data(ssl, note_index()))
		SSL_set_ex_data(ssl, note_index(), describe_verify(store, ssl));
	return ok;
}

static bool check_readable(const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return error_set(err, ERROR_INVALID, "open %s: %s", path, socket_errno_text(errno));
	fclose(f);
	return true;
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "unknown error";
}

/* OpenSSL would ask on the terminal. */
static int refuse_passphrase(
	char *buf maybe_unused, int size maybe_unused, int writing maybe_unused, void *arg)
{
	*(bool *)arg = true;
	return -1;
}

static EVP_PKEY *read_key(FILE *f, const char *path, struct error *err)
{
	bool encrypted = false;
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, refuse_passphrase, &encrypted);

	if (!key)
		error_set(err, ERROR_INVALID, "%s: %s", path,
			encrypted ? "the key is encrypted; a key without passphrase is needed"
				  : openssl_reason());
	return key;
}

static bool check_key_mode(FILE *f, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fileno(f), &st) != 0)
		return error_set(err, ERROR_INVALID, "%s: %s", path, socket_errno_text(errno));
	if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)))
		return error_set(err, ERROR_FORBIDDEN,
			"private key %s is open to other users (mode %04o): chmod 600 %s", path,
			(unsigned)(st.st_mode & 07777), path);
	return true;
}

static EVP_PKEY *load_key(const char *path, struct error *err)
{
	EVP_PKEY *key = NULL;
	FILE *f = fopen(path, "re");

	if (!f) {
		error_set(err, ERROR_INVALID, "open %s: %s", path, socket_errno_text(errno));
		return NULL;
	}
	if (check_key_mode(f, path, err))
		key = read_key(f, path, err);
	fclose(f);
	return key;
}

static bool use_key_pair(SSL_CTX *ctx, const struct tls_files *files, struct error *err)
{
	EVP_PKEY *key;
	bool ok;

	if (!check_readable(files->cert_file, err))
		return false;
	if (SSL_CTX_use_certificate_chain_file(ctx, files->cert_file) != 1)
		return error_set(err, ERROR_INVALID, "%s: %s", files->cert_file, openssl_reason());
	key = load_key(files->key_file, err);
	if (!key)
		return false;
	/* Fails as well when the key belongs to another certificate. */
	ok = SSL_CTX_use_PrivateKey(ctx, key) == 1;
	EVP_PKEY_free(key);
	return ok || error_set(err, ERROR_INVALID, "%s", openssl_reason());
}

static bool load_key_pair(SSL_CTX *ctx, const struct tls_files *files, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	if (!files->cert_file && !files->key_file)
		return true;
	if (!files->cert_file || !files->key_file)
		return error_set(err, ERROR_INVALID, "a certificate and its key go together");
	if (use_key_pair(ctx, files, &why))
		return true;
	if (why.code == ERROR_FORBIDDEN)
		return error_set(err, ERROR_INVALID, "%s", why.text);
	return error_set(err, ERROR_INVALID,
		"Couldn't load X509 key pair (%s, %s): %s. Key encrypted?", files->cert_file,
		files->key_file, why.text);
}

static size_t count_certificates(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	size_t count = 0;

	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++)
		if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_X509)
			count++;
	return count;
}

static bool load_authority(SSL_CTX *ctx, const char *path, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	if (!check_readable(path, &why))
		return error_set(err, ERROR_INVALID, "Couldn't read CA certificate: %s", why.text);
	/* A file of only revocation lists loads well, and then rejects everybody. */
	if (SSL_CTX_load_verify_file(ctx, path) != 1 ||
		count_certificates(SSL_CTX_get_cert_store(ctx)) == 0)
		return error_set(err, ERROR_INVALID,
			"Couldn't read CA certificate: %s holds no certificate in PEM format",
			path);
	return true;
}

static bool load_authorities(SSL_CTX *ctx, const struct tls_context *t, struct error *err)
{
	if (t->verify == TLS_VERIFY_NONE)
		return true;
	if (t->verify == TLS_VERIFY_PEER && !t->files.ca_file)
		return error_set(err, ERROR_INVALID, "a CA certificate is needed to verify peers");
	if (t->files.ca_file && !load_authority(ctx, t->files.ca_file, err))
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
	SSL_CTX_set_verify(ctx, mode, mode == SSL_VERIFY_NONE ? NULL : handle_verify);
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
	if (load_key_pair(ctx, &t->files, err) && load_authorities(ctx, t, err))
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

static const struct {
	int reason;
	const char *text;
} reasons[] = {
	/* What the peer says about us. */
	{ SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
		"the peer refuses our certificate's usage: make it again with "
		"extendedKeyUsage=clientAuth,serverAuth" },
	{ SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
		"the peer refuses our certificate (bad certificate): check that it was signed by "
		"the peer's CA and has the usage clientAuth" },
	{ SSL_R_TLSV1_ALERT_UNKNOWN_CA,
		"the peer does not know the authority that signed our certificate: use one signed "
		"by the peer's CA, or give the peer our CA certificate" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
		"the peer says that our certificate has expired: renew it" },
	{ SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the peer refuses our certificate" },
	{ SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
		"the peer requires a client certificate: give one and its key" },
	{ SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
		"the peer refuses the handshake: it may require a client certificate" },
	{ SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the peer speaks no TLS version from 1.2 on" },
	/* What we say about the peer. */
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
		"the client sent no certificate, but one is required" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, "the peer speaks no TLS version from 1.2 on" },
	{ SSL_R_WRONG_VERSION_NUMBER,
		"the peer does not speak TLS (wrong version number): it may be plain HTTP" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG,
		"the peer does not speak TLS (packet length too long): it may be plain HTTP" },
	{ SSL_R_HTTP_REQUEST, "client sent an HTTP request to an HTTPS server" },
	{ SSL_R_UNEXPECTED_EOF_WHILE_READING,
		"the peer closed the connection without ending TLS: it may be plain HTTP, or "
		"refuse us" },
};

static const char *reason_text(unsigned long code)
{
	const char *text;

	if (ERR_GET_LIB(code) == ERR_LIB_SSL)
		for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
			if (reasons[i].reason == ERR_GET_REASON(code))
				return reasons[i].text;
	text = ERR_reason_error_string(code);
	return text ? text : "unknown error";
}

/* Peers do not say why a certificate is bad; that it lacks the usage can be seen here. */
static bool lacks_client_usage(unsigned long code, const SSL *ssl)
{
	X509 *own = SSL_get_certificate(ssl);

	return ERR_GET_LIB(code) == ERR_LIB_SSL && !SSL_is_server(ssl) && own &&
	       (ERR_GET_REASON(code) == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
		       ERR_GET_REASON(code) == SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE) &&
	       X509_check_purpose(own, X509_PURPOSE_SSL_CLIENT, 0) != 1;
}

void tls_error_set(struct error *err, SSL *ssl, int ssl_result)
{
	unsigned long code = ERR_peek_error();
	int number = errno;
	const char *note = SSL_get_ex_data(ssl, note_index());

	if (SSL_get_error(ssl, ssl_result) == SSL_ERROR_SYSCALL && code == 0)
		error_set(err, ERROR_CLOSED, "%s",
			number ? socket_errno_text(number) : "the peer closed the connection");
	else if (note && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		error_set(err, ERROR_TLS, "tls: %s", note);
	else if (lacks_client_usage(code, ssl))
		error_set(err, ERROR_TLS,
			"tls: the peer refuses our certificate, which is not made for TLS clients: "
			"make it again with extendedKeyUsage=serverAuth,clientAuth");
	else
		error_set(err, ERROR_TLS, "tls: %s", reason_text(code));
	ERR_clear_error();
}
