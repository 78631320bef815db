/* api/pages.c - a screen as an answer that a browser may do nothing with but show it. */
#include "api/pages.h"

#include <string.h>

#include "api/replica.h"
#include "api/reply.h"
#include "page/page.h"

static void answer(struct request *rq, const char *content_type, const char *text, size_t len)
{
	struct headers *to = &rq->x->answer;

	headers_set(to, "Content-Security-Policy",
		"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
		"frame-ancestors 'none'");
	headers_set(to, "Cross-Origin-Resource-Policy", "same-origin");
	headers_set(to, "Referrer-Policy", "no-referrer");
	headers_set(to, "X-Content-Type-Options", "nosniff");
	headers_set(to, "Cache-Control", "no-store");
	exchange_reply(rq->x, 200, content_type, text, len);
	request_finish(rq);
}

static bool is_off(struct request *rq)
{
	if (!rq->api->config.no_page)
		return false;
	reply_errorf(rq, 404, "page not found");
	return true;
}

static void show(struct request *rq, void (*write)(struct page *p))
{
	const struct replica *replica = rq->api->config.replica;
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct page p = {
		.sb = &text,
		.manager = rq->api->manager,
		.query = &rq->query,
		.leads = !replica || replica_leads(replica),
		.leader = replica ? replica_leader(replica) : NULL,
		.version = rq->api->config.version,
	};
	struct list *l;

	if (is_off(rq))
		return;
	for (l = rq->api->requests.next; l != &rq->api->requests; l = l->next)
		p.requests++;
	write(&p);
	answer(rq, "text/html; charset=utf-8", text.buf, text.len);
}

void pages_now(struct request *rq)
{
	show(rq, page_now);
}

void pages_nodes(struct request *rq)
{
	show(rq, page_nodes);
}

void pages_containers(struct request *rq)
{
	show(rq, page_containers);
}

void pages_style(struct request *rq)
{
	if (!is_off(rq))
		answer(rq, "text/css; charset=utf-8", page_style, strlen(page_style));
}
