/*
 * api/page_stream.h - what an open page hears: server-sent events, for as long as it is looked at.
 *
 * A struct that begins with the stream is an errand.  There are at most PAGE_STREAMS_MAX of them;
 * who reads too slowly is not written to (exchange_is_full), so none of them holds much.
 */
#pragma once

#include "api/errand.h"

enum { PAGE_STREAMS_MAX = 200 };

struct page_stream {
	struct errand errand;
	struct list link; /* api->page_streams */
};

/* As errand_create; `finish` calls page_stream_leave.  The answer has begun, and the client's
 * leaving wakes the task.  NULL: there are too many, or the page is off, which has been answered.
 */
void *page_stream_create(struct request *rq, size_t size, const struct task_step *first,
	void (*finish)(struct errand *e)) must_check;
void page_stream_leave(struct page_stream *s);
/* One event, in text without carriage returns. */
void page_stream_add(struct strbuf *to, const char *event, const char *data, size_t len);
/* Sends it to this one. */
void page_stream_say(struct page_stream *s, const char *event, const char *text);
/* The manager stops: all end in order. */
void page_stream_end_all(struct api *api);
