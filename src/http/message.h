/*
 * http/message.h - heads of requests and responses.
 */
#pragma once

#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/headers.h"

struct request_head {
	char *method; /* "GET"; owned */
	char *target; /* "/v1.47/containers/json?all=1", as on the wire; owned */
	int minor;    /* HTTP/1.minor */
	struct headers headers;
};

struct response_head {
	int status;
	char *reason; /* owned; may be NULL: the standard phrase */
	int minor;
	struct headers headers;
};

void request_head_init(struct request_head *h, const char *method, const char *target);
void request_head_finish(struct request_head *h);
void request_head_copy(struct request_head *to, const struct request_head *from);
void request_head_write(const struct request_head *h, struct evbuffer *to);
void response_head_finish(struct response_head *h);
void response_head_write(const struct response_head *h, struct evbuffer *to);
const char *http_reason(int status);
