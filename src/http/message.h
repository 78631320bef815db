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
	char *target; /* "/v1.47/containers/json?all=1", as on the wire; owned.  The server has
		       * made "http://host/path" into "/path". */
	int minor;    /* HTTP/1.minor */
	struct headers headers;
};

struct response_head {
	int status;
	char *reason; /* owned; may be NULL: the standard phrase */
	int minor;
	struct headers headers;
};

/* `auto_evbuffer struct evbuffer *bytes = evbuffer_new();` is freed with its scope. */
static inline void auto_evbuffer_handler(struct evbuffer **buffer)
{
	if (*buffer)
		evbuffer_free(*buffer);
}
#define auto_evbuffer __attribute__((cleanup(auto_evbuffer_handler)))

void request_head_init(struct request_head *h, const char *method, const char *target);
void request_head_finish(struct request_head *h);
void request_head_copy(struct request_head *to, const struct request_head *from);
void request_head_write(const struct request_head *h, struct evbuffer *to);
void response_head_finish(struct response_head *h);
void response_head_copy(struct response_head *to, const struct response_head *from);
void response_head_write(const struct response_head *h, struct evbuffer *to);
/* The fields and the empty line: the end of a head, or trailers. */
void headers_write(const struct headers *h, struct evbuffer *to);
/* The standard phrase, "Unknown" when there is none. */
const char *http_reason(int status);
