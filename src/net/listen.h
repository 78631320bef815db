/*
 * net/listen.h - sockets that clients connect to.
 *
 * "tcp://host:port", "host:port", ":port", "unix:///path" (0600; a stale socket is replaced, any
 * other file is refused), "fd://" (systemd socket activation: all passed sockets; "fd://3" one).
 * The TLS handshake of a client, with its own deadline, happens here, for a bounded number of
 * clients at once; accept() errors such as EMFILE pause accepting instead of ending it.
 */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "net/stream.h"

struct listener;

struct listener_ops {
	/* A connected client (handshake done).  Takes the stream. */
	void (*handle_stream)(struct listener *l, struct stream *s, void *arg);
	/* A client failed before that: handshake, plain HTTP on a TLS port (which is answered in
	 * plain HTTP with a 400).  Or nobody can be accepted for the moment, because descriptors
	 * or memory ran out: peer is the address that was listened on. */
	void (*handle_failure)(struct listener *l, const char *peer, const struct error *err,
		void *arg); /* may be NULL */
};

/* spec may yield several sockets (fd://, names with several addresses), all under one listener.
 * tls may be NULL.  Errors in the words that scripts know: "listen tcp A: bind: address already in
 * use...". */
struct listener *listener_create(struct loop *loop, const char *spec, struct tls_context *tls,
	const struct listener_ops *ops, void *arg, struct error *err) must_check;
/* Stops accepting, removes a unix socket file that it made.  NULL is fine. */
void listener_destroy(struct listener *l);
/* Addresses really bound: "127.0.0.1:2375" (port 0 resolved), "/path". */
void listener_addresses(const struct listener *l, struct strv *ret);
const char *listener_proto(const struct listener *l); /* "tcp", "unix" */
/* True when it accepts from other hosts than this one. */
bool listener_is_public(const struct listener *l);
