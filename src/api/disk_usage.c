/* api/disk_usage.c - every node is asked, and what they say is added up. */
#include "api/disk_usage.h"

#include "api/ask.h"
#include "api/disk_usage_part.h"
#include "base/mem.h"

enum { DF_TIMEOUT_MS = 120 * 1000 }; /* engines walk their disks for it */

struct usage_parts {
	struct disk_usage_part *items; /* owned; one for each engine that is asked */
	size_t count;
};

static bool take_piece(void *arg, size_t i, const struct json_piece *piece, struct error *err)
{
	struct usage_parts *parts = arg;

	return disk_usage_part_take(&parts->items[i], piece, err);
}

static size_t parts_bytes(const void *arg)
{
	const struct usage_parts *parts = arg;
	size_t bytes = 0;

	for (size_t i = 0; i < parts->count; i++)
		bytes += disk_usage_part_bytes(&parts->items[i]);
	return bytes;
}

static void parts_destroy(void *arg)
{
	struct usage_parts *parts = arg;

	for (size_t i = 0; i < parts->count; i++)
		disk_usage_part_finish(&parts->items[i]);
	free(parts->items);
	free(parts);
}

static void read_parts(struct ask *a)
{
	static const struct fanout_reader reader = {
		.open = disk_usage_opened,
		.take = take_piece,
		.bytes = parts_bytes,
		.finish = parts_destroy,
	};
	struct usage_parts *parts = xnew(struct usage_parts);

	parts->count = a->fanout.count;
	parts->items = xcalloc(parts->count + 1, sizeof(*parts->items));
	for (size_t i = 0; i < parts->count; i++) {
		const struct engine *e = a->fanout.items[i].engine;

		disk_usage_part_init(&parts->items[i], ask_request(a), e->name,
			remote_version(&e->remote, ask_request(a)->version));
	}
	fanout_read(&a->fanout, &reader, parts);
}

/* What an engine said before it failed is no part of it. */
static void write_sum(struct ask *a, struct evbuffer *to)
{
	struct usage_parts *parts = a->fanout.reader_arg;

	for (size_t i = 0; i < parts->count; i++) {
		if (error_is_set(&a->fanout.items[i].err))
			disk_usage_part_finish(&parts->items[i]);
	}
	disk_usage_write(to, parts->items, parts->count);
}

static bool prepare(struct ask *a, struct error *err)
{
	if (!disk_usage_check_types(ask_request(a), err) || !ask_add_healthy(a, "/system/df", err))
		return false;
	read_parts(a);
	return true;
}

void disk_usage(struct request *rq)
{
	static const struct ask_kind kind = {
		.need = ASK_ONE_MUST,
		.mode = CALL_STREAM,
		.timeout_ms = DF_TIMEOUT_MS,
		.prepare = prepare,
		.write = write_sum,
	};

	ask_run(rq, &kind);
}
