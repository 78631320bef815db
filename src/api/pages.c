/* api/pages.c - a screen as an answer that a browser may do nothing with but show it. */
#include "api/pages.h"

#include <string.h>

#include "api/replica.h"
#include "api/reply.h"

void pages_restrict(struct headers *to)
{
	headers_set(to, "Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
	headers_set(to, "Cross-Origin-Resource-Policy", "same-origin");
	headers_set(to, "Referrer-Policy", "no-referrer");
	headers_set(to, "X-Content-Type-Options", "nosniff");
	headers_set(to, "Cache-Control", "no-store");
}

static void answer(
	struct request *rq, int status, const char *content_type, const char *text, size_t len)
{
	pages_restrict(&rq->x->answer);
	exchange_reply(rq->x, status, content_type, text, len);
	request_finish(rq);
}

/* A page that is open asks all the time, and is not what clients do. */
static bool is_of_page(const struct request *rq)
{
	return rq->route && rq->route->flags & ROUTE_PAGE;
}

void pages_learn(const struct api *api, struct page *p)
{
	const struct replica *replica = api->config.replica;
	struct request *rq;

	p->manager = api->manager;
	p->leads = !replica || replica_leads(replica);
	p->leader = replica ? replica_leader(replica) : NULL;
	p->version = api->config.version;
	p->requests = 0;
	list_for_each (rq, &api->requests, link)
		p->requests += !is_of_page(rq);
}

static void show(struct request *rq, const char *screen)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct page p = {
		.sb = &text,
		.query = &rq->query,
		.raw_query = rq->raw_query,
		.screen = page_find_screen(screen),
	};

	pages_learn(rq->api, &p);
	p.screen->write(&p);
	answer(rq, p.status ? p.status : 200, "text/html; charset=utf-8", text.buf, text.len);
}

void pages_now(struct request *rq)
{
	show(rq, "now");
}

void pages_nodes(struct request *rq)
{
	show(rq, "nodes");
}

void pages_containers(struct request *rq)
{
	show(rq, "containers");
}

void pages_container(struct request *rq)
{
	show(rq, "container");
}

void pages_activity(struct request *rq)
{
	show(rq, "activity");
}

void pages_style(struct request *rq)
{
	answer(rq, 200, "text/css; charset=utf-8", page_style, strlen(page_style));
}

void pages_script(struct request *rq)
{
	answer(rq, 200, "text/javascript; charset=utf-8", page_script, strlen(page_script));
}
