/* docker/availability.c - the three words. */
#include "docker/availability.h"

#include <strings.h>

#include "base/util.h"

static const char *const texts[] = {
	[AVAILABILITY_ACTIVE] = "active",
	[AVAILABILITY_PAUSE] = "pause",
	[AVAILABILITY_DRAIN] = "drain",
};

bool availability_parse(const char *text, enum availability *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcasecmp(text, texts[i]) == 0) {
			*ret = (enum availability)i;
			return true;
		}
	}
	return false;
}

const char *availability_text(enum availability a)
{
	return texts[a];
}
