/* api/images_filter.c - each filter of the list over the tags of one record. */
#include "api/images_filter.h"

#include <string.h>

#include "api/time_param.h"
#include "base/clock.h"
#include "base/match.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/image_holders.h"

static const char *const accepted_keys[] = {
	"before",
	"dangling",
	"label",
	"label!",
	"node",
	"reference",
	"since",
	"until",
	NULL,
};

static bool read_dangling(struct image_filter *f, struct error *err)
{
	f->by_dangling = list_filters_get(&f->filters, "dangling") != NULL;
	return list_filters_flag(&f->filters, "dangling", false, &f->dangling, err);
}

/* When the image of this name was made. */
static bool read_creation(
	const struct cluster *cluster, const char *name, int64_t *ret_s, struct error *err)
{
	const struct image *image = *name ? image_find(cluster, name, IMAGE_MATCH_TAG) : NULL;
	struct reference r;

	if (image) {
		*ret_s = image->created_s;
		return true;
	}
	if (!str_starts_with(name, "sha256:")) {
		if (!reference_parse(&r, name, err))
			return false;
		reference_finish(&r);
	}
	auto_free char *missing = image_name_missing(name);

	return error_set(err, ERROR_NOT_FOUND, "No such image: %s", missing);
}

/* Of several the oldest, and the newest. */
static bool read_bounds(struct image_filter *f, const struct cluster *cluster, struct error *err)
{
	const struct strv *before = list_filters_get(&f->filters, "before");
	const struct strv *since = list_filters_get(&f->filters, "since");
	int64_t s;

	for (size_t i = 0; before && i < before->count; i++) {
		if (!read_creation(cluster, before->items[i], &s, err))
			return false;
		f->before_s = min_of(f->before_s, s);
	}
	for (size_t i = 0; since && i < since->count; i++) {
		if (!read_creation(cluster, since->items[i], &s, err))
			return false;
		f->since_s = max_of(f->since_s, s);
	}
	return true;
}

static bool read_until(struct image_filter *f, struct error *err)
{
	const struct strv *values = list_filters_get(&f->filters, "until");
	int64_t ns;

	for (size_t i = 0; values && i < values->count; i++) {
		if (!time_param_parse("until", values->items[i], &ns, err))
			return false;
		f->until_s = min_of(f->until_s, ns / NS_PER_S);
	}
	return true;
}

static bool read_query(struct image_filter *f, const struct query *query, struct api_version client,
	struct error *err)
{
	const char *reference = query_get(query, "filter");

	if (!list_filters_parse(&f->filters, query_get(query, "filters"), err) ||
		!list_filters_check(&f->filters, accepted_keys, err))
		return false;
	if (!api_version_before(client, 1, 54) && parse_query_bool(query_get(query, "identity")) &&
		!parse_query_bool(query_get(query, "manifests")))
		return error_set(err, ERROR_INVALID, "identity requires manifests=1");
	f->all = parse_query_bool(query_get(query, "all"));
	if (reference && *reference && api_version_before(client, 1, 41))
		list_filters_add(&f->filters, "reference", reference);
	return true;
}

bool images_filter_init(struct image_filter *f, const struct query *query,
	struct api_version client, const struct cluster *cluster, struct error *err)
{
	*f = (struct image_filter){
		.before_s = INT64_MAX, .since_s = INT64_MIN, .until_s = INT64_MAX
	};
	if (read_query(f, query, client, err) && read_dangling(f, err) &&
		read_bounds(f, cluster, err) && read_until(f, err))
		return true;
	images_filter_finish(f);
	return false;
}

void images_filter_finish(struct image_filter *f)
{
	list_filters_finish(&f->filters);
}

bool images_filter_takes_node(const struct image_filter *f, const struct engine *e)
{
	const struct strv *values = list_filters_get(&f->filters, "node");

	return !values || strv_contains(values, e->name) || strv_contains(values, e->id);
}

/* "busybox:latest" for "docker.io/library/busybox:latest". */
static char *familiar_name(const char *name, char **ret_repository)
{
	struct reference ref;
	char *full;

	*ret_repository = NULL;
	if (!reference_parse(&ref, name, NULL))
		return xstrdup(name);
	*ret_repository = reference_familiar(&ref);
	full = xasprintf("%s%s%s", *ret_repository,
		ref.digest ? "@"
		: ref.tag  ? ":"
			   : "",
		ref.digest ? ref.digest
		: ref.tag  ? ref.tag
			   : "");
	reference_finish(&ref);
	return full;
}

bool images_filter_shows_name(const struct image_filter *f, const char *name)
{
	const struct strv *patterns = list_filters_get(&f->filters, "reference");
	auto_free char *repository = NULL;
	auto_free char *full = patterns ? familiar_name(name, &repository) : NULL;

	if (!patterns)
		return true;
	for (size_t i = 0; i < patterns->count; i++) {
		const char *pattern = patterns->items[i];

		if (glob_matches(pattern, full) ||
			(repository && glob_matches(pattern, repository)))
			return true;
	}
	return false;
}

static bool any_name_shown(const struct image_filter *f, const struct image *image)
{
	for (size_t i = 0; i < image->tags_count; i++) {
		if (images_filter_shows_name(f, image->tags[i]))
			return true;
	}
	for (size_t i = 0; i < image->digests_count; i++) {
		if (images_filter_shows_name(f, image->digests[i]))
			return true;
	}
	return false;
}

static bool labels_hold(const struct image_filter *f, const struct image *image)
{
	const struct strv *with = list_filters_get(&f->filters, "label");
	const struct strv *without = list_filters_get(&f->filters, "label!");

	for (size_t i = 0; with && i < with->count; i++) {
		if (!labels_match(&image->labels, with->items[i]))
			return false;
	}
	for (size_t i = 0; without && i < without->count; i++) {
		if (labels_match(&image->labels, without->items[i]))
			return false;
	}
	return true;
}

bool images_filter_matches(const struct image_filter *f, const struct image *image)
{
	if (image_is_step(image) && (f->by_dangling || !f->all))
		return false;
	if (f->by_dangling && image_is_dangling(image) != f->dangling)
		return false;
	if (image->created_s >= f->before_s || image->created_s <= f->since_s ||
		image->created_s >= f->until_s)
		return false;
	if (list_filters_get(&f->filters, "reference") && !any_name_shown(f, image))
		return false;
	return labels_hold(f, image);
}
