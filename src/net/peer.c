/* net/peer.c - addresses and credentials of the kernel. */
#include "net/peer.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/socket.h"

static char *certificate_subject(SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	char *text, *copy;

	if (!certificate || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE)
		return NULL;
	text = X509_NAME_oneline(X509_get_subject_name(certificate), NULL, 0);
	copy = xstrdup_null(text);
	OPENSSL_free(text);
	return copy;
}

/* Said outright: a certificate that is silent about its use is good for anything, and proves
 * nothing. */
static bool certificate_may_serve(SSL *ssl)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);

	return certificate && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
	       (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) &&
	       (X509_get_extended_key_usage(certificate) & XKU_SSL_SERVER);
}

static int64_t unix_peer_uid(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return -1;
	return peer.uid;
}

void peer_learn(struct peer *p, int fd, SSL *ssl)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getpeername(fd, (struct sockaddr *)&sa, &len) != 0)
		len = 0; /* gone already: reading will tell */
	*p = (struct peer){
		.address = socket_format_address(&sa, len),
		.ip = socket_format_ip(&sa),
		.certificate = ssl ? certificate_subject(ssl) : NULL,
		.uid = sa.ss_family == AF_UNIX ? unix_peer_uid(fd) : -1,
		.is_tcp = socket_is_ip(&sa),
		.may_serve = ssl && certificate_may_serve(ssl),
	};
}

void peer_finish(struct peer *p)
{
	free(p->address);
	free(p->ip);
	free(p->certificate);
	*p = (struct peer){ 0 };
}
