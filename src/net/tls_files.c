/*
 * net/tls_files.c - keys and certificates from files into a context.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/stat.h>

#include "net/socket.h"
#include "net/tls_private.h"

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

bool tls_load_key_pair(SSL_CTX *ctx, const struct tls_files *files, struct error *err)
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

bool tls_load_authority(SSL_CTX *ctx, const char *path, struct error *err)
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
