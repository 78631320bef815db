#include "fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static EVP_PKEY *authority_key;
static X509 *authority;

char *pki_path(const struct pki *p, const char *name, const char *suffix)
{
	return xasprintf("%s/%s%s", p->folder, name, suffix);
}

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *new_certificate(const char *name, EVP_PKEY *key, long from_s, long to_s)
{
	static long serial;
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x), from_s);
	X509_gmtime_adj(X509_getm_notAfter(x), to_s);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0);
	return x;
}

static void write_certificate(const char *path, X509 *x)
{
	FILE *f = fopen(path, "w");

	PEM_write_X509(f, x);
	fclose(f);
}

static void write_key(const char *path, EVP_PKEY *key)
{
	FILE *f = fdopen(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), "w");

	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

void pki_create(struct pki *p)
{
	auto_free char *path = NULL;

	p->folder = xstrdup("/tmp/pki-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	authority_key = EVP_EC_gen("P-256");
	authority = new_certificate("test authority", authority_key, -3600, 3600);
	X509_set_issuer_name(authority, X509_get_subject_name(authority));
	add_extension(authority, authority, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(authority, authority_key, EVP_sha256());
	path = pki_path(p, "ca", ".pem");
	write_certificate(path, authority);
}

void pki_destroy(struct pki *p)
{
	auto_free char *command = xasprintf("rm -rf '%s'", p->folder);

	X509_free(steal(authority));
	EVP_PKEY_free(steal(authority_key));
	assert_int_equal(system(command), 0);
	free(steal(p->folder));
}

void pki_issue(struct pki *p, const char *name, enum pki_usage usage)
{
	auto_free char *certificate_path = pki_path(p, name, ".pem");
	auto_free char *key_path = pki_path(p, name, ".key");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = new_certificate(name, key, -1800, usage == PKI_EXPIRED_SERVER ? -60 : 3600);

	X509_set_issuer_name(x, X509_get_subject_name(authority));
	add_extension(
		x, authority, NID_ext_key_usage, usage == PKI_CLIENT ? "clientAuth" : "serverAuth");
	add_extension(x, authority, NID_subject_alt_name,
		usage == PKI_OTHER_NAME ? "DNS:node-9.example,IP:10.9.9.9"
					: "DNS:localhost,IP:127.0.0.1");
	X509_sign(x, authority_key, EVP_sha256());
	write_certificate(certificate_path, x);
	write_key(key_path, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

static struct tls_context *make_context(struct pki *p, const char *name, enum tls_verify verify,
	struct tls_context *(*create)(const struct tls_files *, enum tls_verify, struct error *))
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *ca = pki_path(p, "ca", ".pem");
	auto_free char *certificate = name ? pki_path(p, name, ".pem") : NULL;
	auto_free char *key = name ? pki_path(p, name, ".key") : NULL;
	struct tls_context *ctx = create(&(struct tls_files){ ca, certificate, key }, verify, &err);

	if (!ctx)
		fail_msg("%s", error_text(&err));
	return ctx;
}

struct tls_context *pki_server(struct pki *p, const char *name, enum tls_verify verify)
{
	return make_context(p, name, verify, tls_server_create);
}

struct tls_context *pki_client(struct pki *p, const char *name, enum tls_verify verify)
{
	return make_context(p, name, verify, tls_client_create);
}

void connect_tcp(int ret_fds[2])
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int listening = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listening, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(listening, 1), 0);
	getsockname(listening, (struct sockaddr *)&sa, &len);
	ret_fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ret_fds[0], (struct sockaddr *)&sa, len), 0);
	ret_fds[1] = accept(listening, NULL, NULL);
	close(listening);
	for (int i = 0; i < 2; i++)
		fcntl(ret_fds[i], F_SETFL, O_NONBLOCK);
}

static void shake_hands(SSL *client, SSL *server, const int fds[2])
{
	int done = 0;

	SSL_set_fd(client, fds[0]);
	SSL_set_fd(server, fds[1]);
	for (int i = 0; i < 1000 && done < 2; i++)
		done = (SSL_do_handshake(client) == 1) + (SSL_do_handshake(server) == 1);
	assert_int_equal(done, 2);
}

static void link_tls(struct loop *loop, int version, const int fds[2], struct stream **ret_a,
	struct stream **ret_b)
{
	struct pki p;
	struct tls_context *server, *client;
	SSL *a, *b;

	pki_create(&p);
	pki_issue(&p, "server", PKI_SERVER);
	pki_issue(&p, "client", PKI_CLIENT);
	server = pki_server(&p, "server", TLS_VERIFY_PEER);
	client = pki_client(&p, "client", TLS_VERIFY_PEER);
	a = tls_context_new_ssl(client, "localhost");
	b = tls_context_new_ssl(server, NULL);
	SSL_set_max_proto_version(a, version);
	shake_hands(a, b, fds);
	assert_int_equal(SSL_version(a), version);
	*ret_a = stream_create(loop, fds[0], a);
	*ret_b = stream_create(loop, fds[1], b);
	tls_context_unref(server);
	tls_context_unref(client);
	pki_destroy(&p);
}

void link_create(
	struct loop *loop, enum link_kind kind, struct stream **ret_a, struct stream **ret_b)
{
	int fds[2];

	if (kind == LINK_UNIX)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	else
		connect_tcp(fds);
	if (kind == LINK_TLS12 || kind == LINK_TLS13) {
		link_tls(loop, kind == LINK_TLS12 ? TLS1_2_VERSION : TLS1_3_VERSION, fds, ret_a,
			ret_b);
		return;
	}
	*ret_a = stream_create(loop, fds[0], NULL);
	*ret_b = stream_create(loop, fds[1], NULL);
}
