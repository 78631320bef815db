#include "manager/fanout.h"

#include "base/mem.h"

struct fanout_item *fanout_add(struct fanout *f, struct engine *e)
{
	struct fanout_item *item;

	f->items = xreallocarray(f->items, f->count + 1, sizeof(*f->items));
	item = &f->items[f->count++];
	*item = (struct fanout_item){ .engine = engine_ref(e) };
	return item;
}

void fanout_add_healthy(struct fanout *f, struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->engines_count; i++) {
		if (engine_is_healthy(cluster->engines[i]))
			fanout_add(f, cluster->engines[i]);
	}
}

void fanout_send(struct fanout *f, struct task *waiter)
{
	f->pending = f->count;
	for (size_t i = 0; i < f->count; i++)
		remote_send(&f->items[i].call, &f->items[i].engine->remote, waiter);
}

static void count_answer(struct fanout *f, struct fanout_item *item)
{
	item->counted = true;
	f->pending--;
	engine_report_call(item->engine, &item->call);
	(void)remote_check(&item->call, &item->engine->remote, &item->err);
}

bool fanout_done(struct fanout *f)
{
	for (size_t i = 0; i < f->count && f->pending > 0; i++) {
		if (f->items[i].call.done && !f->items[i].counted)
			count_answer(f, &f->items[i]);
	}
	return f->pending == 0;
}

void fanout_finish(struct fanout *f)
{
	for (size_t i = 0; i < f->count; i++) {
		call_finish(&f->items[i].call);
		error_clear(&f->items[i].err);
		engine_unref(f->items[i].engine);
	}
	free(f->items);
	*f = (struct fanout){ 0 };
}
