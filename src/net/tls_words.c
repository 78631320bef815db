/*
 * net/tls_words.c - why TLS failed, in words that name the fix.
 *
 * OpenSSL knows why a certificate was refused only while it verifies: the verify callback writes
 * the sentence down then and there, and tls_error_set finds it on the SSL.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "net/socket.h"
#include "net/tls_private.h"

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

int tls_note_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok && !SSL_get_ex_data(ssl, note_index()))
		SSL_set_ex_data(ssl, note_index(), describe_verify(store, ssl));
	return ok;
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
