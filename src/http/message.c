/*
 * http/message.c - heads to bytes.
 */
#include "http/message.h"

#include "base/mem.h"
#include "base/strbuf.h"

void request_head_init(struct request_head *h, const char *method, const char *target)
{
	*h = (struct request_head){
		.method = xstrdup(method),
		.target = xstrdup(target),
		.minor = 1,
	};
}

void request_head_finish(struct request_head *h)
{
	free(h->method);
	free(h->target);
	headers_finish(&h->headers);
	*h = (struct request_head){ 0 };
}

void request_head_copy(struct request_head *to, const struct request_head *from)
{
	*to = (struct request_head){
		.method = xstrdup_null(from->method),
		.target = xstrdup_null(from->target),
		.minor = from->minor,
	};
	headers_copy(&to->headers, &from->headers);
}

/* Without formats, which cost more than all else about a small head. */
static void write_fields(const struct headers *h, struct strbuf *to)
{
	for (size_t i = 0; i < h->count; i++) {
		strbuf_add_str(to, h->items[i].name);
		strbuf_add_str(to, ": ");
		strbuf_add_str(to, h->items[i].value);
		strbuf_add_str(to, "\r\n");
	}
	strbuf_add_str(to, "\r\n");
}

void headers_write(const struct headers *h, struct evbuffer *to)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	write_fields(h, &text);
	evbuffer_add(to, text.buf, text.len);
}

void request_head_write(const struct request_head *h, struct evbuffer *to)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s %s HTTP/1.%d\r\n", h->method, h->target, h->minor);
	write_fields(&h->headers, &text);
	evbuffer_add(to, text.buf, text.len);
}

void response_head_finish(struct response_head *h)
{
	free(h->reason);
	headers_finish(&h->headers);
	*h = (struct response_head){ 0 };
}

void response_head_copy(struct response_head *to, const struct response_head *from)
{
	*to = (struct response_head){
		.status = from->status,
		.reason = xstrdup_null(from->reason),
		.minor = from->minor,
	};
	headers_copy(&to->headers, &from->headers);
}

void response_head_write(const struct response_head *h, struct evbuffer *to)
{
	const char *reason = h->reason ? h->reason : http_reason(h->status);

	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "HTTP/1.%d %d %s\r\n", h->minor, h->status, reason);
	write_fields(&h->headers, &text);
	evbuffer_add(to, text.buf, text.len);
}

/* RFC 9110 section 15 and the registered later ones that engines and proxies send. */
static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 103, "Early Hints" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
