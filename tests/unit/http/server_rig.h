/*
 * server_rig.h - a server with one raw client, and the exchanges that it hands over.
 */
#pragma once

#include "http/server.h"
#include "peer.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

struct rig {
	struct loop *loop;
	struct http_server *server;
	struct raw client;
	struct exchange *x[8]; /* not yet finished, in order of arrival */
	size_t count;
	struct task waiter;
	size_t wakes;
};

void rig_start(struct rig *r, struct http_server_config config);
void rig_stop(struct rig *r);
struct exchange *next_exchange(struct rig *r);
void reply_and_finish(struct exchange *x, const char *text);

#define auto_rig __attribute__((cleanup(rig_stop)))
