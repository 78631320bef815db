/* cmd/tls_choice.c - the options about TLS, checked in the order of classic's, and loaded. */
#include "cmd/tls_choice.h"

static bool check(const struct tls_choice *c, struct error *err)
{
	if (!c->tls && !c->verify) {
		if (c->ca || c->cert || c->key)
			return error_set(err, ERROR_INVALID,
				"--tlscert, --tlskey and --tlscacert require the use of either "
				"--tls or --tlsverify");
		return true;
	}
	if (!c->cert || !c->key)
		return error_set(err, ERROR_INVALID,
			"--tlscert and --tlskey must be provided when using --tls");
	if (c->verify && !c->ca)
		return error_set(
			err, ERROR_INVALID, "--tlscacert must be provided when using --tlsverify");
	return true;
}

bool tls_choice_load(const struct tls_choice *c, struct tls_context **ret_server,
	struct tls_context **ret_client, struct error *err)
{
	struct tls_files files = {
		.ca_file = c->verify ? c->ca : NULL,
		.cert_file = c->cert,
		.key_file = c->key,
	};
	enum tls_verify verify = c->verify ? TLS_VERIFY_PEER : TLS_VERIFY_NONE;

	if (!check(c, err))
		return false;
	if (!c->tls && !c->verify)
		return true;
	*ret_server = tls_server_create(&files, verify, err);
	if (!*ret_server)
		return false;
	*ret_client = tls_client_create(&files, verify, err);
	return *ret_client != NULL;
}
