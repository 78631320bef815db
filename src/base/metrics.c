/*
 * base/metrics.c - the set as text.
 */
#include "base/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t metrics[METRIC_COUNT];

static const struct {
	const char *name, *type, *help;
} rows[] = {
#define METRIC(name, type, help) [METRIC_##name] = { "swarm_" #name, #type, help },
#include "base/metrics.def"
#undef METRIC
};

void metrics_write(struct strbuf *sb)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		strbuf_addf(sb, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", rows[i].name,
			rows[i].help, rows[i].name, rows[i].type, rows[i].name, metrics[i]);
}

/* --- the process --- */

static double cpu_seconds(void)
{
	struct rusage use = { 0 };

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static int64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	int64_t pages = 0;

	if (f) {
		if (fscanf(f, "%*d %" SCNd64, &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t count = -3; /* the folder itself, what is above it, and what reads it */

	if (!d)
		return 0;
	while (readdir(d))
		count++;
	closedir(d);
	return count;
}

static int64_t open_files_max(void)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	return (int64_t)limit.rlim_cur;
}

static void write_row(
	struct strbuf *sb, const char *name, const char *type, const char *help, double value)
{
	strbuf_addf(sb, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s %.3f\n", name, help,
		name, type, name, value);
}

void metrics_write_process(struct strbuf *sb, int64_t started_ns)
{
	write_row(sb, "cpu_seconds_total", "counter", "time on a processor", cpu_seconds());
	write_row(sb, "resident_memory_bytes", "gauge", "memory that is in use",
		(double)resident_bytes());
	write_row(sb, "open_fds", "gauge", "open files and sockets", (double)open_files());
	write_row(sb, "max_fds", "gauge", "as many may be open", (double)open_files_max());
	write_row(sb, "start_time_seconds", "gauge", "when the process began, in Unix seconds",
		(double)started_ns / 1e9);
}
