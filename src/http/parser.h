/*
 * http/parser.h - bytes to messages, for both sides.
 *
 * A thin layer over llhttp (strict), which reads heads and chunks.  Here are the rules that decide
 * how long a message is, and the refusal of everything that two readers could read in two ways.
 * The parser stops after each head and after each message; bytes that belong to what comes next
 * (a pipelined request, the stream of a hijacked connection) stay in the input.
 *
 * It owns what it has read until that is taken.  It never calls back.
 */
#pragma once

#include <event2/buffer.h>
#include <llhttp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "http/message.h"

enum http_parse {
	HTTP_PARSE_MORE, /* needs more input, or more room for the body */
	HTTP_PARSE_HEAD, /* the head is complete; go on for the body */
	HTTP_PARSE_END,  /* the message is complete */
	HTTP_PARSE_FAILED,
};

enum http_framing {
	HTTP_FRAMING_NONE,
	HTTP_FRAMING_LENGTH,
	HTTP_FRAMING_CHUNKED,
	HTTP_FRAMING_CLOSE, /* answers only: until the connection ends */
};

struct http_parser {
	/* Read-only, valid after HTTP_PARSE_HEAD. */
	struct request_head request; /* of the one kind ... */
	struct response_head response;
	enum http_framing framing;
	int64_t length;    /* as announced by Content-Length, -1 when it was not */
	bool keep_alive;   /* the sender lets the connection live */
	bool asks_upgrade; /* Connection: upgrade with an Upgrade field, CONNECT, or h2 */
	struct headers trailers;
	/* Valid after HTTP_PARSE_FAILED. */
	struct error err;
	int refusal; /* status for the client: 400, 431, 501 or 505 */

	/* Private. */
	llhttp_t llhttp;
	enum http_parser_state {
		HTTP_PARSER_HEAD,
		HTTP_PARSER_BODY,
		HTTP_PARSER_END,
		HTTP_PARSER_BROKEN,
	} state;
	size_t max_head_bytes, max_headers;
	size_t head_bytes;     /* bytes of head or trailers so far */
	size_t overhead;       /* bytes of chunk extensions so far */
	int64_t body_left;     /* HTTP_FRAMING_LENGTH */
	bool answers_head;     /* the response is one to HEAD */
	bool stop;             /* a callback has asked to stop */
	struct evbuffer *body; /* borrowed while running */
	struct strbuf line;    /* method, target or reason being read */
	struct strbuf name, value;
};

enum {
	HTTP_MAX_HEAD_BYTES = 1024 * 1024,
	HTTP_MAX_HEADERS = 10000, /* their bytes are bounded, too */
};

/* 0 for the default limits. */
void http_parser_init_request(struct http_parser *p, size_t max_head_bytes, size_t max_headers);
/* to_head: the answer belongs to a HEAD request and has no body whatever it says. */
void http_parser_init_response(struct http_parser *p, bool to_head);
/* Zeroed memory is fine. */
void http_parser_finish(struct http_parser *p);
/* Ready for the next message of the same kind. */
void http_parser_reset(struct http_parser *p);

/* Takes bytes from input; body bytes go to the end of body, at most room of them.  Body bytes of a
 * known length move without being copied. */
enum http_parse http_parser_run(
	struct http_parser *p, struct evbuffer *input, struct evbuffer *body, size_t room);
/* The input has ended and all of it was taken: END when the message is complete by that, else
 * FAILED with ERROR_CLOSED. */
enum http_parse http_parser_end_input(struct http_parser *p);
/* Something of the current head was read already. */
static inline bool http_parser_in_head(const struct http_parser *p)
{
	return p->state == HTTP_PARSER_HEAD && p->head_bytes > 0;
}
