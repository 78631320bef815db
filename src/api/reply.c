/* api/reply.c - bodies of errors, fields that every answer has. */
#include "api/reply.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "http/status.h"

void reply_decorate(const struct api *api, struct headers *to)
{
	auto_strbuf struct strbuf version = STRBUF_INIT;

	api_version_format(&version, api->config.max_version);
	headers_set(to, "Api-Version", version.buf);
	headers_set(to, "Docker-Experimental", api->config.experimental ? "true" : "false");
	headers_set(to, "Ostype", "linux");
	headers_setf(to, "Server", "Swarm/%s (linux)", api->config.version);
	if (!api->config.cors)
		return;
	headers_set(to, "Access-Control-Allow-Origin", "*");
	headers_set(to, "Access-Control-Allow-Headers",
		"Origin, X-Requested-With, Content-Type, Accept, X-Registry-Auth");
	headers_set(to, "Access-Control-Allow-Methods", "GET, POST, DELETE, PUT, OPTIONS, HEAD");
}

static void add_message(struct strbuf *to, const char *text)
{
	strbuf_add_str(to, "{\"message\":");
	strbuf_add_json_str(to, text, strlen(text));
	strbuf_add_str(to, "}\n");
}

void reply_exchange_text(const struct api *api, struct exchange *x, int status, const char *text)
{
	auto_strbuf struct strbuf body = STRBUF_INIT;

	reply_decorate(api, &x->answer);
	add_message(&body, text);
	exchange_reply(x, status, "application/json", body.buf, body.len);
}

void reply_exchange_error(const struct api *api, struct exchange *x, const struct error *err)
{
	reply_exchange_text(api, x, status_of_error(err, &x->answer), error_text(err));
}

static void reply(
	struct request *rq, int status, const char *content_type, const char *data, size_t len)
{
	/* An unknown path is not ours: engines leave their fields out too. */
	if (rq->route || status != 404)
		reply_decorate(rq->api, &rq->x->answer);
	exchange_reply(rq->x, status, content_type, data, len);
	request_finish(rq);
}

/* Both may be as long as a client likes, and come as often. */
void reply_log_failure(struct request *rq, const char *text)
{
	enum { SHOWN = 500, TRACE_SHOWN = 100 };
	auto_free char *error = xstrndup(text, strnlen(text, SHOWN));
	auto_free char *uri = xstrndup(rq->path, strnlen(rq->path, SHOWN));
	auto_free char *trace =
		xstrndup(request_trace(rq), strnlen(request_trace(rq), TRACE_SHOWN));
	uint32_t left_out;
	bool allowed = log_limit_allows(&rq->api->failures, &left_out);

	if (left_out > 0)
		log_error("%u HTTP errors were left out here", left_out);
	if (allowed)
		log_fields(LOG_ERROR, "HTTP error", "error", error, "method", rq->x->head.method,
			"traceparent", trace, "uri", uri, NULL);
}

static void reply_message(struct request *rq, int status, const char *text)
{
	auto_strbuf struct strbuf body = STRBUF_INIT;

	if (status >= 500)
		reply_log_failure(rq, text);
	add_message(&body, text);
	reply(rq, status, "application/json", body.buf, body.len);
}

void reply_error(struct request *rq, const struct error *err)
{
	reply_message(rq, status_of_error(err, &rq->x->answer), error_text(err));
}

void reply_errorf(struct request *rq, int status, const char *fmt, ...)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	reply_message(rq, status, text.buf);
}

void reply_unknown(struct request *rq)
{
	rq->route = NULL;
	reply_errorf(rq, 404, "page not found");
}

void reply_json(struct request *rq, int status, const char *json, size_t len)
{
	reply(rq, status, "application/json", json, len);
}

void reply_json_buffer(struct request *rq, int status, struct evbuffer *json)
{
	reply_decorate(rq->api, &rq->x->answer);
	headers_set(&rq->x->answer, "Content-Type", "application/json");
	exchange_start(rq->x, status, (int64_t)evbuffer_get_length(json));
	exchange_write_buffer(rq->x, json);
	exchange_end(rq->x);
	request_finish(rq);
}

void reply_text(struct request *rq, int status, const char *text)
{
	reply(rq, status, "text/plain; charset=utf-8", text, strlen(text));
}

void reply_empty(struct request *rq, int status)
{
	reply(rq, status, NULL, NULL, 0);
}
