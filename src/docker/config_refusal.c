/*
 * docker/config_refusal.c - what every engine refuses in a create request, whatever its size.
 */
#include <string.h>

#include "base/parse.h"
#include "base/util.h"
#include "docker/config.h"
#include "docker/config_private.h"

/* --- memory --- */

enum { MEMORY_MIN = 6 << 20 };

static int64_t number_of(const struct container_config *c, const char *key)
{
	yyjson_mut_val *host = yyjson_mut_obj_get(config_root(c), "HostConfig");

	return yyjson_mut_get_sint(yyjson_mut_obj_get(host, key));
}

static const char *find_memory_fault(const struct container_config *c)
{
	int64_t memory = number_of(c, "Memory"), swap = number_of(c, "MemorySwap");
	int64_t reserved = number_of(c, "MemoryReservation");

	if (memory != 0 && memory < MEMORY_MIN)
		return "Minimum memory limit allowed is 6MB";
	if (memory > 0 && swap > 0 && swap < memory)
		return "Minimum memoryswap limit should be larger than memory limit, see usage";
	if (memory == 0 && swap > 0)
		return "You should always set the Memory limit when using Memoryswap limit, see "
		       "usage";
	if (reserved > 0 && reserved < MEMORY_MIN)
		return "Minimum memory reservation allowed is 6MB";
	if (memory > 0 && reserved > 0 && memory < reserved)
		return "Minimum memory limit can not be less than memory reservation limit, see "
		       "usage";
	return NULL;
}

/* --- volumes-from and links --- */

enum {
	MODE_ACCESS = 1,
	MODE_LABEL = 2,
	MODE_CONSISTENCY = 4,
};

static int mode_of(const char *word, size_t len)
{
	static const struct {
		const char *word;
		int mode;
	} modes[] = {
		{ "ro", MODE_ACCESS },
		{ "rw", MODE_ACCESS },
		{ "z", MODE_LABEL },
		{ "Z", MODE_LABEL },
		{ "consistent", MODE_CONSISTENCY },
		{ "cached", MODE_CONSISTENCY },
		{ "delegated", MODE_CONSISTENCY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strlen(modes[i].word) == len && memcmp(word, modes[i].word, len) == 0)
			return modes[i].mode;
	}
	return 0;
}

/* Words between commas, of each kind one. */
static bool is_mode(const char *text)
{
	int seen = 0;

	if (!*text)
		return true;
	for (;;) {
		size_t len = strcspn(text, ",");
		int mode = mode_of(text, len);

		if (mode == 0 || seen & mode)
			return false;
		seen |= mode;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool refuse_volumes_from(const char *entry, struct error *err)
{
	const char *colon = strchr(entry, ':');

	if (!*entry)
		return !error_set(
			err, ERROR_INVALID, "volumes-from specification cannot be an empty string");
	if (colon && !is_mode(colon + 1))
		return !error_set(err, ERROR_INVALID, "invalid mode: %s", colon + 1);
	return colon == entry &&
	       !error_set(err, ERROR_INVALID, "invalid name or ID supplied: \"\"");
}

static bool refuse_link(const char *entry, struct error *err)
{
	const char *colon = strchr(entry, ':');

	if (!*entry)
		return !error_set_status(err, 500, "empty string specified for links");
	if (colon && strchr(colon + 1, ':'))
		return !error_set_status(err, 500, "bad format for links: %s", entry);
	return colon == entry && !error_set(err, ERROR_INVALID,
					 "could not get container for : invalid name or ID "
					 "supplied: \"\"");
}

bool config_refusal(const struct container_config *c, struct error *err)
{
	const char *fault = find_memory_fault(c);

	if (fault)
		return !error_set(err, ERROR_INVALID, "%s", fault);
	for (size_t i = 0; i < c->volumes_from.count; i++) {
		if (refuse_volumes_from(c->volumes_from.items[i], err))
			return true;
	}
	for (size_t i = 0; i < c->links.count; i++) {
		if (refuse_link(c->links.items[i], err))
			return true;
	}
	return false;
}
