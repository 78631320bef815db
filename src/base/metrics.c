/* base/metrics.c - the set as text. */
#include "base/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t metrics[METRIC_COUNT];
static struct histogram times[METRIC_TIMES_COUNT];
/* Of what happens in one turn: from 10 microseconds to a second. */
static const struct histogram_scale scale = { { 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
	25000, 100000, 1000000 } };

#define METRIC_TIMES(name, help)
#define METRIC(name, type, help)      [METRIC_##name] = { "swarm_" #name, #type, help, 1 },
#define METRIC_TIME(name, type, help) [METRIC_##name] = { "swarm_" #name, #type, help, 1e6 },
static const struct {
	const char *name, *type, *help;
	double unit; /* what is kept for one of what is shown */
} rows[] = {
#include "base/metrics.def"
};
#undef METRIC_TIME
#undef METRIC
#undef METRIC_TIMES

#define METRIC_TIMES(name, help) [METRIC_TIMES_##name] = { "swarm_" #name, help },
#define METRIC(name, type, help)
#define METRIC_TIME(name, type, help)
static const struct {
	const char *name, *help;
} times_rows[] = {
#include "base/metrics.def"
};
#undef METRIC_TIME
#undef METRIC
#undef METRIC_TIMES

void metric_observe(enum metric_times m, int64_t took_us)
{
	histogram_add(&times[m], &scale, took_us);
}

void metrics_write(struct exposition *to)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		exposition_family(to, rows[i].name, rows[i].type, rows[i].help);
		exposition_sample(to, rows[i].name, "", (double)metrics[i] / rows[i].unit);
	}
	for (size_t i = 0; i < METRIC_TIMES_COUNT; i++) {
		exposition_family(to, times_rows[i].name, "histogram", times_rows[i].help);
		histogram_write(&times[i], &scale, to, times_rows[i].name, "");
	}
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
	struct exposition *to, const char *name, const char *type, const char *help, double value)
{
	exposition_family(to, name, type, help);
	exposition_sample(to, name, "", value);
}

void metrics_write_process(struct exposition *to, int64_t started_ns)
{
	write_row(to, "process_cpu_seconds_total", "counter", "time on a processor", cpu_seconds());
	write_row(to, "process_resident_memory_bytes", "gauge", "memory that is in use",
		(double)resident_bytes());
	write_row(to, "process_open_fds", "gauge", "open files and sockets", (double)open_files());
	write_row(to, "process_max_fds", "gauge", "as many may be open", (double)open_files_max());
	write_row(to, "process_start_time_seconds", "gauge",
		"when the process began, in Unix seconds", (double)started_ns / 1e9);
}
