/*
 * http/parser.c - llhttp for heads and chunks, our own rules for the length of a message.
 *
 * llhttp is stopped at the end of each head.  A chunked body goes on through llhttp; every other
 * body is just a number of bytes and is moved here, buffer to buffer.
 */
#include "http/parser.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"

/* Extensions of chunks are read and forgotten; a body made of nothing else is not a body. */
enum { MAX_CHUNK_OVERHEAD = 1024 * 1024 };

static struct http_parser *parser_of(llhttp_t *l)
{
	return container_of(l, struct http_parser, llhttp);
}

static int refuse(struct http_parser *p, int status, enum error_code code, const char *text)
{
	p->refusal = status;
	error_set(&p->err, code, "%s", text);
	return HPE_USER;
}

static int malformed(struct http_parser *p, const char *text)
{
	return refuse(p, 400, ERROR_PROTOCOL, text);
}

static struct headers *fields_of(struct http_parser *p)
{
	if (p->state != HTTP_PARSER_HEAD)
		return &p->trailers;
	return p->llhttp.type == HTTP_REQUEST ? &p->request.headers : &p->response.headers;
}

/* Counts what is kept of a head or of trailers as it comes in. */
static int grow(struct http_parser *p, struct strbuf *sb, const char *at, size_t len)
{
	if (len > p->max_head_bytes - min_of(p->head_bytes, p->max_head_bytes))
		return refuse(p, 431, ERROR_TOO_LARGE, "header fields too large");
	if (p->state != HTTP_PARSER_HEAD)
		p->head_bytes += len; /* in a head all bytes are counted by the feeder */
	strbuf_add(sb, at, len);
	return 0;
}

static int on_line(llhttp_t *l, const char *at, size_t len)
{
	return grow(parser_of(l), &parser_of(l)->line, at, len);
}

static int on_method_complete(llhttp_t *l)
{
	parser_of(l)->request.method = strbuf_steal(&parser_of(l)->line);
	return 0;
}

static int on_url_complete(llhttp_t *l)
{
	parser_of(l)->request.target = strbuf_steal(&parser_of(l)->line);
	return 0;
}

static int on_status_complete(llhttp_t *l)
{
	parser_of(l)->response.reason = strbuf_steal(&parser_of(l)->line);
	return 0;
}

static int on_field(llhttp_t *l, const char *at, size_t len)
{
	return grow(parser_of(l), &parser_of(l)->name, at, len);
}

static int on_value(llhttp_t *l, const char *at, size_t len)
{
	return grow(parser_of(l), &parser_of(l)->value, at, len);
}

/* llhttp refuses these too; this is what our own writers rely on, so it is checked where it counts.
 */
static bool has_control_bytes(const struct strbuf *sb)
{
	for (size_t i = 0; i < sb->len; i++) {
		unsigned char c = (unsigned char)sb->buf[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static size_t trimmed_len(const struct strbuf *sb)
{
	size_t len = sb->len;

	while (len > 0 && (sb->buf[len - 1] == ' ' || sb->buf[len - 1] == '\t'))
		len--;
	return len;
}

static int on_value_complete(llhttp_t *l)
{
	struct http_parser *p = parser_of(l);
	struct headers *fields = fields_of(p);

	if (has_control_bytes(&p->value))
		return malformed(p, "control byte in a header field");
	if (fields->count >= p->max_headers)
		return refuse(p, 431, ERROR_TOO_LARGE, "too many header fields");
	headers_add_n(fields, p->name.buf, p->name.len, p->value.buf, trimmed_len(&p->value));
	strbuf_reset(&p->name);
	strbuf_reset(&p->value);
	return 0;
}

static int on_headers_complete(llhttp_t *l)
{
	parser_of(l)->stop = true;
	return HPE_PAUSED;
}

static int on_body(llhttp_t *l, const char *at, size_t len)
{
	evbuffer_add(parser_of(l)->body, at, len);
	return 0;
}

static int on_chunk_extension(llhttp_t *l, const char *at, size_t len)
{
	struct http_parser *p = parser_of(l);

	(void)at;
	p->overhead += len;
	if (p->overhead > MAX_CHUNK_OVERHEAD)
		return malformed(p, "chunk extensions too large");
	return 0;
}

static int on_message_complete(llhttp_t *l)
{
	parser_of(l)->stop = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t request_settings = {
	.on_method = on_line,
	.on_method_complete = on_method_complete,
	.on_url = on_line,
	.on_url_complete = on_url_complete,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_extension_name = on_chunk_extension,
	.on_chunk_extension_value = on_chunk_extension,
	.on_message_complete = on_message_complete,
};

static const llhttp_settings_t response_settings = {
	.on_status = on_line,
	.on_status_complete = on_status_complete,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_extension_name = on_chunk_extension,
	.on_chunk_extension_value = on_chunk_extension,
	.on_message_complete = on_message_complete,
};

static void start(struct http_parser *p, llhttp_type_t type)
{
	assert(type == HTTP_REQUEST || type == HTTP_RESPONSE);
	llhttp_init(
		&p->llhttp, type, type == HTTP_REQUEST ? &request_settings : &response_settings);
	p->state = HTTP_PARSER_HEAD;
	p->head_bytes = p->overhead = 0;
	p->length = -1;
	p->body_left = 0;
	p->framing = HTTP_FRAMING_NONE;
	p->keep_alive = p->asks_upgrade = p->stop = false;
}

void http_parser_init_request(struct http_parser *p, size_t max_head_bytes, size_t max_headers)
{
	*p = (struct http_parser){
		.max_head_bytes = max_head_bytes ? max_head_bytes : HTTP_MAX_HEAD_BYTES,
		.max_headers = max_headers ? max_headers : HTTP_MAX_HEADERS,
		.line = STRBUF_INIT,
		.name = STRBUF_INIT,
		.value = STRBUF_INIT,
	};
	start(p, HTTP_REQUEST);
}

void http_parser_init_response(struct http_parser *p, bool to_head)
{
	*p = (struct http_parser){
		.max_head_bytes = HTTP_MAX_HEAD_BYTES,
		.max_headers = HTTP_MAX_HEADERS,
		.answers_head = to_head,
		.line = STRBUF_INIT,
		.name = STRBUF_INIT,
		.value = STRBUF_INIT,
	};
	start(p, HTTP_RESPONSE);
}

static void forget_message(struct http_parser *p)
{
	request_head_finish(&p->request);
	response_head_finish(&p->response);
	headers_finish(&p->trailers);
	error_clear(&p->err);
	strbuf_reset(&p->line);
	strbuf_reset(&p->name);
	strbuf_reset(&p->value);
}

void http_parser_finish(struct http_parser *p)
{
	forget_message(p);
	strbuf_finish(&p->line);
	strbuf_finish(&p->name);
	strbuf_finish(&p->value);
	*p = (struct http_parser){ 0 };
}

void http_parser_reset(struct http_parser *p)
{
	forget_message(p);
	start(p, (llhttp_type_t)p->llhttp.type);
}

/*
 * The length of a message (RFC 9112 6.3), after everything ambiguous is out.
 */

static bool read_length(struct http_parser *p, const struct headers *h)
{
	const char *text = headers_get(h, "Content-Length");
	uint64_t n;

	if (!text)
		return true;
	if (headers_count(h, "Content-Length") > 1)
		return malformed(p, "several Content-Length fields"), false;
	/* parse_u64 takes digits only: no sign, no blank, no list */
	if (!parse_u64(text, &n) || n > INT64_MAX)
		return malformed(p, "invalid Content-Length"), false;
	p->length = (int64_t)n;
	return true;
}

/* The only coding we can undo, and pass on, is chunked. */
static bool read_coding(struct http_parser *p, const struct headers *h, bool *ret_chunked)
{
	const char *coding = headers_get(h, "Transfer-Encoding");

	*ret_chunked = coding != NULL;
	if (!coding)
		return true;
	if (headers_count(h, "Content-Length") > 0)
		return malformed(p, "both Content-Length and Transfer-Encoding"), false;
	if (p->llhttp.http_minor == 0)
		return malformed(p, "Transfer-Encoding in HTTP/1.0"), false;
	if (headers_count(h, "Transfer-Encoding") > 1)
		return malformed(p, "several Transfer-Encoding fields"), false;
	if (strcasecmp(coding, "chunked") == 0)
		return true;
	if (headers_has_token(h, "Transfer-Encoding", "chunked"))
		return refuse(p, 501, ERROR_PROTOCOL, "unsupported Transfer-Encoding"), false;
	return malformed(p, "Transfer-Encoding does not end with chunked"), false;
}

static bool frame(struct http_parser *p, const struct headers *h, enum http_framing without)
{
	bool chunked;

	if (!read_length(p, h) || !read_coding(p, h, &chunked))
		return false;
	if (chunked)
		p->framing = HTTP_FRAMING_CHUNKED;
	else if (p->length > 0)
		p->framing = HTTP_FRAMING_LENGTH;
	else
		p->framing = p->length == 0 ? HTTP_FRAMING_NONE : without;
	p->body_left = max_of(p->length, INT64_C(0));
	return true;
}

static void read_connection(struct http_parser *p, const struct headers *h)
{
	p->keep_alive = p->llhttp.http_minor == 0 ? headers_has_token(h, "Connection", "keep-alive")
						  : !headers_has_token(h, "Connection", "close");
	p->asks_upgrade = headers_get(h, "Upgrade") != NULL;
}

static bool check_version(struct http_parser *p)
{
	if (p->llhttp.http_major == 1 && p->llhttp.http_minor <= 1)
		return true;
	return refuse(p, 505, ERROR_PROTOCOL, "HTTP version not supported"), false;
}

static bool accept_request(struct http_parser *p)
{
	struct headers *h = &p->request.headers;

	if (!check_version(p))
		return false;
	p->request.minor = p->llhttp.http_minor;
	if (!p->request.method || !p->request.target)
		return malformed(p, "malformed request line"), false;
	/* An empty Host is what Docker clients send over unix sockets. */
	if (headers_count(h, "Host") > 1)
		return malformed(p, "several Host fields"), false;
	read_connection(p, h);
	if (strcmp(p->request.method, "CONNECT") == 0)
		p->asks_upgrade = true;
	return frame(p, h, HTTP_FRAMING_NONE);
}

static bool status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static bool accept_response(struct http_parser *p)
{
	struct headers *h = &p->response.headers;

	if (!check_version(p))
		return false;
	p->response.minor = p->llhttp.http_minor;
	p->response.status = p->llhttp.status_code;
	if (p->response.status < 100 || p->response.status > 599)
		return malformed(p, "invalid status code"), false;
	read_connection(p, h);
	if (!frame(p, h, HTTP_FRAMING_CLOSE))
		return false;
	if (p->answers_head || !status_has_body(p->response.status)) {
		p->framing = HTTP_FRAMING_NONE;
		p->body_left = 0;
	}
	return true;
}

/* --- feeding --- */

static enum http_parse fail(struct http_parser *p)
{
	p->state = HTTP_PARSER_BROKEN;
	if (!error_is_set(&p->err))
		malformed(p, "malformed message");
	return HTTP_PARSE_FAILED;
}

static enum http_parse fail_llhttp(struct http_parser *p)
{
	const char *reason = llhttp_get_error_reason(&p->llhttp);

	if (!error_is_set(&p->err))
		malformed(p, reason && *reason ? reason : "malformed message");
	return fail(p);
}

/* Gives one piece to llhttp; *ret_used is how much of it was taken. */
static llhttp_errno_t execute(struct http_parser *p, const char *data, size_t len, size_t *ret_used)
{
	if (llhttp_get_errno(&p->llhttp) == HPE_PAUSED)
		llhttp_resume(&p->llhttp);
	p->stop = false;

	llhttp_errno_t e = llhttp_execute(&p->llhttp, data, len);
	const char *at = e == HPE_OK ? NULL : llhttp_get_error_pos(&p->llhttp);
	*ret_used = at ? (size_t)(at - data) : len;
	return e;
}

/* The next bytes that lie in one piece.  An evbuffer may hold empty blocks, in front too. */
static bool next_piece(struct evbuffer *input, struct evbuffer_iovec *ret)
{
	return evbuffer_get_length(input) > 0 && evbuffer_pullup(input, 1) &&
	       evbuffer_peek(input, -1, NULL, ret, 1) > 0 && ret->iov_len > 0;
}

static enum http_parse head_complete(struct http_parser *p)
{
	bool fine = p->llhttp.type == HTTP_REQUEST ? accept_request(p) : accept_response(p);

	if (!fine)
		return fail(p);
	p->state = HTTP_PARSER_BODY;
	p->head_bytes = 0; /* counts trailers from here */
	return HTTP_PARSE_HEAD;
}

/* "PRI * HTTP/2.0" and what follows it: HTTP/2 with prior knowledge, as an upgrade of its own. */
static enum http_parse head_of_h2(struct http_parser *p)
{
	if (!p->request.target)
		p->request.target = xstrdup("*");
	if (!p->request.method)
		p->request.method = xstrdup("PRI");
	p->request.minor = 1;
	p->asks_upgrade = true;
	p->state = HTTP_PARSER_BODY;
	return HTTP_PARSE_HEAD;
}

static enum http_parse run_head(struct http_parser *p, struct evbuffer *input)
{
	struct evbuffer_iovec v;

	while (next_piece(input, &v)) {
		size_t room = p->max_head_bytes - p->head_bytes;
		size_t used;

		if (room == 0) {
			refuse(p, 431, ERROR_TOO_LARGE, "header fields too large");
			return fail(p);
		}
		llhttp_errno_t e = execute(p, v.iov_base, min_of(v.iov_len, room), &used);
		p->head_bytes += used;
		evbuffer_drain(input, used);
		if (e == HPE_PAUSED && p->stop)
			return head_complete(p);
		if (e == HPE_PAUSED_H2_UPGRADE)
			return head_of_h2(p);
		if (e != HPE_OK)
			return fail_llhttp(p);
	}
	return HTTP_PARSE_MORE;
}

static enum http_parse run_chunked(
	struct http_parser *p, struct evbuffer *input, struct evbuffer *body, size_t room)
{
	size_t full = evbuffer_get_length(body) + room;
	struct evbuffer_iovec v;

	p->body = body;
	while (evbuffer_get_length(body) < full && next_piece(input, &v)) {
		size_t used;
		size_t len = min_of(v.iov_len, full - evbuffer_get_length(body));

		llhttp_errno_t e = execute(p, v.iov_base, len, &used);
		evbuffer_drain(input, used);
		if (e == HPE_PAUSED && p->stop) {
			p->state = HTTP_PARSER_END;
			return HTTP_PARSE_END;
		}
		if (e != HPE_OK)
			return fail_llhttp(p);
	}
	return HTTP_PARSE_MORE;
}

static enum http_parse run_length(
	struct http_parser *p, struct evbuffer *input, struct evbuffer *body, size_t room)
{
	size_t n = min_of(evbuffer_get_length(input), room);

	if ((uint64_t)n > (uint64_t)p->body_left)
		n = (size_t)p->body_left;
	if (n > 0)
		evbuffer_remove_buffer(input, body, n);
	p->body_left -= (int64_t)n;
	if (p->body_left > 0)
		return HTTP_PARSE_MORE;
	p->state = HTTP_PARSER_END;
	return HTTP_PARSE_END;
}

static enum http_parse run_body(
	struct http_parser *p, struct evbuffer *input, struct evbuffer *body, size_t room)
{
	switch (p->framing) {
	case HTTP_FRAMING_CHUNKED: return run_chunked(p, input, body, room);
	case HTTP_FRAMING_LENGTH: return run_length(p, input, body, room);
	case HTTP_FRAMING_CLOSE:
		evbuffer_remove_buffer(input, body, min_of(evbuffer_get_length(input), room));
		return HTTP_PARSE_MORE;
	case HTTP_FRAMING_NONE: break;
	}
	p->state = HTTP_PARSER_END;
	return HTTP_PARSE_END;
}

enum http_parse http_parser_run(
	struct http_parser *p, struct evbuffer *input, struct evbuffer *body, size_t room)
{
	switch (p->state) {
	case HTTP_PARSER_HEAD: return run_head(p, input);
	case HTTP_PARSER_BODY: return run_body(p, input, body, room);
	case HTTP_PARSER_END: return HTTP_PARSE_END;
	case HTTP_PARSER_BROKEN: break;
	}
	return HTTP_PARSE_FAILED;
}

enum http_parse http_parser_end_input(struct http_parser *p)
{
	if (p->state == HTTP_PARSER_END)
		return HTTP_PARSE_END;
	if (p->state == HTTP_PARSER_BODY && p->framing == HTTP_FRAMING_CLOSE) {
		p->state = HTTP_PARSER_END;
		return HTTP_PARSE_END;
	}
	if (p->state != HTTP_PARSER_BROKEN) {
		const char *where = p->state == HTTP_PARSER_BODY ? "body" : "head";
		p->refusal = 400;
		error_set(
			&p->err, ERROR_CLOSED, "connection closed in the middle of the %s", where);
	}
	p->state = HTTP_PARSER_BROKEN;
	return HTTP_PARSE_FAILED;
}
