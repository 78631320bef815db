/*
 * net/certificate.h - making certificates: an authority, and what it signs.
 *
 * Keys are P-256, or RSA 3072 for peers that know nothing else.  What peers check is always there:
 * usages, alternative names (Docker ignores the common name), key identifiers, a random serial
 * number.  A certificate never outlives the authority that signed it.
 */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strv.h"

enum certificate_use {
	CERTIFICATE_AUTHORITY,
	CERTIFICATE_SERVER,  /* an engine */
	CERTIFICATE_CLIENT,  /* a person or program */
	CERTIFICATE_MANAGER, /* both: a server for its clients, a client of its engines */
};

struct certificate {
	X509 *x509;    /* owned */
	EVP_PKEY *key; /* owned */
};
#define auto_certificate __attribute__((cleanup(certificate_finish)))

struct certificate_wish {
	enum certificate_use use;
	const char *name;         /* common name */
	const struct strv *names; /* DNS names and IP literals that it is valid for; may be NULL */
	int days;                 /* > 0 */
	bool rsa;
};

enum { CERTIFICATE_NAME_MAX = 64 }; /* X.509's limit for a common name */

/* A DNS name (its first label may be "*") or an IP literal. */
bool certificate_check_name(const char *name, struct error *err);
/* issuer is NULL for an authority, which signs itself.  The names have been checked. */
bool certificate_make(struct certificate *ret, const struct certificate_wish *wish,
	const struct certificate *issuer, struct error *err);
/* An authority that can sign: both files belong together, and it has not expired.  The passphrase
 * of an encrypted key is asked for on the terminal. */
bool certificate_load_authority(
	struct certificate *ret, const char *cert_file, const char *key_file, struct error *err);
void certificate_finish(struct certificate *c);

void certificate_add_pem(const struct certificate *c, struct strbuf *ret);
void certificate_add_key_pem(const struct certificate *c, struct strbuf *ret);
