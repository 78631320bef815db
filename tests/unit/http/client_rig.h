/*
 * client_rig.h - an endpoint, a call, and the raw peer that answers it.
 */
#pragma once

#include "http/client.h"
#include "peer.h"

#define OK_HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

struct rig {
	struct loop *loop;
	struct endpoint *endpoint;
	int listener;
	struct raw peer; /* the connection last accepted */
	struct task waiter;
	struct call call;
};

void rig_start(struct rig *r, struct endpoint_config config);
void rig_stop(struct rig *r);
void send_call(struct rig *r, struct call *c);
void start(struct rig *r, const char *method, const char *target);
void accept_peer(struct rig *r);
void expect_request(struct rig *r, const char *text);
void wait_done(struct rig *r);
void assert_body(const struct call *c, const char *text);

#define auto_rig __attribute__((cleanup(rig_stop)))
