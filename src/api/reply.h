/*
 * api/reply.h - answers in the form that Docker clients expect.
 *
 * Error bodies are {"message":"..."} with the content type exactly "application/json"; which status
 * an error has, http/status.h says.
 */
#pragma once

#include "api/request.h"
#include "base/error.h"
#include "base/strbuf.h"

/* Answer with the error and finish the request. */
void reply_error(struct request *rq, const struct error *err);
void reply_errorf(struct request *rq, int status, const char *fmt, ...) printf_like(3, 4);
/* No path of ours after all, whatever its row. */
void reply_unknown(struct request *rq);
/* A line in the log about an answer of 5xx: so many a minute, and cut. */
void reply_log_failure(struct request *rq, const char *text);
/* Answer and finish the request. */
void reply_json(struct request *rq, int status, const char *json, size_t len);
void reply_json_buffer(struct request *rq, int status, struct evbuffer *json); /* moves */
void reply_text(struct request *rq, int status, const char *text);
void reply_empty(struct request *rq, int status);
/* Fields of every answer: Api-Version, Server, Ostype, CORS. */
void reply_decorate(const struct api *api, struct headers *to);
/* For exchanges that have no request, or go on. */
void reply_exchange_error(const struct api *api, struct exchange *x, const struct error *err);
void reply_exchange_text(const struct api *api, struct exchange *x, int status, const char *text);
