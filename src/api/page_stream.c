/* api/page_stream.c - events as lines, each with a name. */
#include "api/page_stream.h"

#include <assert.h>
#include <string.h>

#include "api/pages.h"
#include "api/reply.h"

static bool has_room(const struct api *api)
{
	size_t count = 0;
	struct list *l;

	for (l = api->page_streams.next; l != &api->page_streams; l = l->next)
		count++;
	return count < PAGE_STREAMS_MAX;
}

void *page_stream_create(struct request *rq, size_t size, const struct task_step *first,
	void (*finish)(struct errand *e))
{
	struct page_stream *s;

	assert(size >= sizeof(*s));
	if (!has_room(rq->api)) {
		reply_errorf(rq, 503, "%d pages are open already: close some, or reload this one",
			PAGE_STREAMS_MAX);
		return NULL;
	}
	s = errand_create(rq, size, first, finish);
	list_push_back(&rq->api->page_streams, &s->link);
	pages_restrict(&rq->x->answer);
	headers_set(&rq->x->answer, "Content-Type", "text/event-stream");
	exchange_start(rq->x, 200, -1);
	errand_watch_client(&s->errand);
	return s;
}

void page_stream_leave(struct page_stream *s)
{
	list_remove(&s->link);
}

void page_stream_add(struct strbuf *to, const char *event, const char *data, size_t len)
{
	const char *end = data + len, *line;

	strbuf_addf(to, "event: %s\n", event);
	do {
		line = memchr(data, '\n', (size_t)(end - data));
		strbuf_add_str(to, "data: ");
		strbuf_add(to, data, (size_t)((line ? line : end) - data));
		strbuf_add_char(to, '\n');
		data = line ? line + 1 : end;
	} while (line);
	strbuf_add_char(to, '\n');
}

void page_stream_say(struct page_stream *s, const char *event, const char *text)
{
	auto_strbuf struct strbuf message = STRBUF_INIT;

	page_stream_add(&message, event, text, strlen(text));
	exchange_write(s->errand.rq->x, message.buf, message.len);
}

void page_stream_end_all(struct api *api)
{
	struct page_stream *s, *tmp;

	list_for_each_safe (s, tmp, &api->page_streams, link) {
		exchange_end(s->errand.rq->x);
		errand_end(&s->errand);
	}
}
