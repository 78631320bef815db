/*
 * cmd/memory.c - the smallest of what the machine and the control group allow.
 */
#include "cmd/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* "max", or no such file: no limit. */
static size_t limit_of(const char *group)
{
	auto_free char *path = xasprintf("/sys/fs/cgroup%s/memory.max", group);
	FILE *f = fopen(path, "re");
	size_t bytes = SIZE_MAX;

	if (!f)
		return SIZE_MAX;
	if (fscanf(f, "%zu", &bytes) != 1)
		bytes = SIZE_MAX;
	fclose(f);
	return bytes;
}

/* Of the group and all above it. */
static size_t limit_up_from(char *group)
{
	size_t bytes = limit_of(group);

	for (char *slash; (slash = strrchr(group, '/')) != NULL;) {
		*slash = '\0';
		bytes = min_of(bytes, limit_of(group));
	}
	return bytes;
}

static size_t limit_of_own_group(void)
{
	char line[4096];
	size_t bytes = SIZE_MAX;
	FILE *f = fopen("/proc/self/cgroup", "re");

	if (!f)
		return SIZE_MAX;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0)
			bytes = limit_up_from(line + 3);
	}
	fclose(f);
	return bytes;
}

size_t memory_available(void)
{
	size_t pages = (size_t)sysconf(_SC_PHYS_PAGES), page = (size_t)sysconf(_SC_PAGESIZE);

	return min_of(pages * page, limit_of_own_group());
}
