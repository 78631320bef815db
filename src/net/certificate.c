/* net/certificate.c - keys and certificates by OpenSSL. */
#include "net/certificate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum {
	RSA_BITS = 3072,
	SERIAL_BYTES = 16,
	DNS_NAME_MAX = 253,
	/* Clocks of the hosts that check it may be slow. */
	BACKDATE_S = 3600,
};

static bool fail_openssl(struct error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return error_set(err, ERROR_INTERNAL, "%s: %s", what, reason ? reason : "unknown error");
}

/* --- names --- */

static bool is_ip(const char *name)
{
	struct in6_addr address;

	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static bool is_dns_name(const char *name)
{
	const char *rest = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

	if (!isalnum((unsigned char)*rest) || strlen(name) > DNS_NAME_MAX || strstr(rest, ".."))
		return false;
	for (const char *c = rest; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return false;
	}
	return true;
}

bool certificate_check_name(const char *name, struct error *err)
{
	return is_ip(name) || is_dns_name(name) ||
	       error_set(err, ERROR_INVALID, "'%s' is neither a host name nor an IP address", name);
}

static GENERAL_NAME *general_name(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (is_ip(text)) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(text));
	} else {
		ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
		ASN1_STRING_set(dns, text, -1);
		GENERAL_NAME_set0_value(name, GEN_DNS, dns);
	}
	return name;
}

static bool add_names(X509 *x, const struct strv *names)
{
	GENERAL_NAMES *list;
	bool ok;

	if (!names || names->count == 0)
		return true;
	list = GENERAL_NAMES_new();
	for (size_t i = 0; i < names->count; i++)
		sk_GENERAL_NAME_push(list, general_name(names->items[i]));
	ok = X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(list);
	return ok;
}

/* --- what it is for --- */

static const struct use {
	const char *constraints;
	const char *usage, *usage_rsa;
	const char *extended; /* NULL: none */
} uses[] = {
	[CERTIFICATE_AUTHORITY] = { "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign",
		"critical,keyCertSign,cRLSign", NULL },
	[CERTIFICATE_SERVER] = { "critical,CA:FALSE", "critical,digitalSignature",
		"critical,digitalSignature,keyEncipherment", "serverAuth" },
	[CERTIFICATE_CLIENT] = { "critical,CA:FALSE", "critical,digitalSignature",
		"critical,digitalSignature", "clientAuth" },
	[CERTIFICATE_MANAGER] = { "critical,CA:FALSE", "critical,digitalSignature",
		"critical,digitalSignature,keyEncipherment", "serverAuth,clientAuth" },
};

static bool add_extension(X509 *x, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *e = value ? X509V3_EXT_conf_nid(NULL, context, nid, value) : NULL;
	bool ok = !value || (e && X509_add_ext(x, e, -1) == 1);

	X509_EXTENSION_free(e);
	return ok;
}

static bool add_extensions(X509 *x, const struct certificate_wish *wish, X509 *issuer)
{
	const struct use *use = &uses[wish->use];
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	return add_extension(x, &context, NID_basic_constraints, use->constraints) &&
	       add_extension(x, &context, NID_key_usage, wish->rsa ? use->usage_rsa : use->usage) &&
	       add_extension(x, &context, NID_ext_key_usage, use->extended) &&
	       add_extension(x, &context, NID_subject_key_identifier, "hash") &&
	       (issuer == x ||
		       add_extension(x, &context, NID_authority_key_identifier, "keyid:always")) &&
	       add_names(x, wish->names);
}

/* --- making it --- */

static bool set_serial(X509 *x)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40; /* positive, and never short */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
	BN_free(number);
	return ok;
}

static bool set_dates(X509 *x, int days, const X509 *issuer)
{
	if (!X509_gmtime_adj(X509_getm_notBefore(x), -BACKDATE_S) ||
		!X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL))
		return false;
	if (issuer == x ||
		ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(issuer)) <= 0)
		return true;
	return X509_set1_notAfter(x, X509_get0_notAfter(issuer)) == 1;
}

static bool set_subject(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
		       (const unsigned char *)name, -1, -1, 0) == 1;
}

static bool build(const struct certificate *c, const struct certificate_wish *wish,
	const struct certificate *issuer)
{
	return X509_set_version(c->x509, X509_VERSION_3) == 1 && set_serial(c->x509) &&
	       set_dates(c->x509, wish->days, issuer->x509) && set_subject(c->x509, wish->name) &&
	       X509_set_issuer_name(c->x509, X509_get_subject_name(issuer->x509)) == 1 &&
	       X509_set_pubkey(c->x509, c->key) == 1 &&
	       add_extensions(c->x509, wish, issuer->x509) &&
	       X509_sign(c->x509, issuer->key, EVP_sha256()) > 0;
}

bool certificate_make(struct certificate *ret, const struct certificate_wish *wish,
	const struct certificate *issuer, struct error *err)
{
	auto_certificate struct certificate c = { 0 };

	assert(wish->days > 0 && !issuer == (wish->use == CERTIFICATE_AUTHORITY));
	c.x509 = X509_new();
	c.key = wish->rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
	if (!c.x509 || !c.key)
		return fail_openssl(err, "cannot make a key");
	if (!build(&c, wish, issuer ? issuer : &c))
		return fail_openssl(err, "cannot make the certificate");
	*ret = c;
	c = (struct certificate){ 0 };
	return true;
}

void certificate_finish(struct certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	*c = (struct certificate){ 0 };
}

/* --- files --- */

static FILE *open_file(const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");

	if (!f)
		error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "open %s: %s",
			path, strerror(errno));
	return f;
}

static bool load_certificate(struct certificate *c, const char *path, struct error *err)
{
	FILE *f = open_file(path, err);

	if (!f)
		return false;
	c->x509 = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	return c->x509 || fail_openssl(err, path);
}

static bool load_key(struct certificate *c, const char *path, struct error *err)
{
	FILE *f = open_file(path, err);

	if (!f)
		return false;
	c->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return c->key || fail_openssl(err, path);
}

static bool check_authority(
	const struct certificate *c, const char *cert_file, const char *key_file, struct error *err)
{
	if (X509_check_private_key(c->x509, c->key) != 1) {
		ERR_clear_error();
		return error_set(err, ERROR_INVALID, "%s and %s do not belong together", cert_file,
			key_file);
	}
	if (X509_check_ca(c->x509) != 1)
		return error_set(
			err, ERROR_INVALID, "%s is not the certificate of an authority", cert_file);
	if (X509_cmp_current_time(X509_get0_notAfter(c->x509)) <= 0)
		return error_set(err, ERROR_INVALID,
			"the authority %s has expired: make another one, and everything that it "
			"signed",
			cert_file);
	return true;
}

bool certificate_load_authority(
	struct certificate *ret, const char *cert_file, const char *key_file, struct error *err)
{
	auto_certificate struct certificate c = { 0 };

	if (!load_certificate(&c, cert_file, err) || !load_key(&c, key_file, err) ||
		!check_authority(&c, cert_file, key_file, err))
		return false;
	*ret = c;
	c = (struct certificate){ 0 };
	return true;
}

static void add_bio(struct strbuf *ret, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	strbuf_add(ret, data, (size_t)len);
	BIO_free(bio);
}

void certificate_add_pem(const struct certificate *c, struct strbuf *ret)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, c->x509);
	add_bio(ret, bio);
}

void certificate_add_key_pem(const struct certificate *c, struct strbuf *ret)
{
	BIO *bio = BIO_new(BIO_s_secmem());

	PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL);
	add_bio(ret, bio);
}
