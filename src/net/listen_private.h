/*
 * net/listen_private.h - what the files of the listener share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/backoff.h"
#include "base/list.h"
#include "net/listen.h"
#include "net/loop.h"

/* Clients of TLS that may be on their way at once; further ones wait in the backlog.  Else whoever
 * connects and says nothing could take all descriptors. */
enum { LISTEN_CLIENTS_MAX = 1024 };

struct listener {
	struct loop *loop;
	struct tls_context *tls; /* counted; NULL: plain */
	const struct listener_ops *ops;
	void *arg;
	bool is_unix;
	struct socket **sockets; /* owned */
	size_t socket_count, socket_cap;
	struct list clients; /* struct client::link, owned: not yet streams, or refused */
	size_t clients_count;
	struct timer retry; /* accepting is paused */
	struct backoff backoff;
};

/* Accepts again, when nothing else is against it. */
void listen_resume(struct listener *l);
/* Takes over the descriptor of a client that is to speak TLS. */
void listen_start_tls(struct listener *l, int fd, const struct sockaddr_storage *sa, socklen_t len);
/* Closes those that are not streams yet. */
void listen_drop_tls(struct listener *l);
