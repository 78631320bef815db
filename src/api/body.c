/* api/body.c - the body is gathered up to its ceiling, then the endpoint goes on. */
#include "api/body.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"

enum { SILENCE_MS = 60 * 1000 }; /* between two pieces */

void body_start(struct request *rq, struct task *task)
{
	exchange_set_waiter(rq->x, task);
	exchange_continue(rq->x);
	task_start(task);
}

/* The body is JSON, as far as its head says, or there is none; else it is refused in the engine's
 * words.  A page of a foreign origin can send other types without being asked first. */
static bool check_type(const struct exchange *x, struct error *err)
{
	const char *type = headers_get(&x->head.headers, "Content-Type");
	size_t len = type ? strcspn(type, "; \t") : 0;

	if (!type && x->body_length == 0)
		return true;
	if (len == 0)
		return error_set(err, ERROR_INVALID,
			"malformed Content-Type header (): mime: no media type");
	if (len == strlen("application/json") && strncasecmp(type, "application/json", len) == 0)
		return true;
	return error_set(err, ERROR_INVALID,
		"unsupported Content-Type header (%.200s): must be 'application/json'", type);
}

bool body_is_ready(struct request *rq, struct task *task, size_t max, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	if (!check_type(rq->x, err))
		return false;
	if (exchange_body_ready(rq->x, max, &why))
		return true;
	if (error_is_set(&why))
		error_move(err, &why);
	else if (task->timed_out)
		error_set_status(err, 408, "the body of the request did not come");
	return false;
}

enum task_turn body_wait(struct task *task, const struct task_step *step)
{
	return task_wait_ms(task, step, SILENCE_MS);
}

yyjson_mut_doc *body_object(const struct request *rq, const char *otherwise, struct error *err)
{
	size_t len = evbuffer_get_length(rq->x->body);
	const char *text = len ? (const char *)evbuffer_pullup(rq->x->body, -1) : otherwise;
	auto_json yyjson_doc *doc = NULL;

	if (!text) {
		error_set(err, ERROR_INVALID, JSON_TEXT_EMPTY);
		return NULL;
	}
	doc = json_parse_request(text, len ? len : strlen(text), err);
	if (!doc)
		return NULL;
	if (yyjson_is_null(yyjson_doc_get_root(doc))) { /* engines read it as nothing said */
		yyjson_mut_doc *empty = yyjson_mut_doc_new(NULL);

		yyjson_mut_doc_set_root(empty, yyjson_mut_obj(empty));
		return empty;
	}
	if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
		error_set(err, ERROR_INVALID, "invalid JSON: an object is expected");
		return NULL;
	}
	return yyjson_doc_mut_copy(doc, NULL);
}
