/*
 * bench/place.c - how long one placement takes.
 *
 * Method: 1,000 nodes with 30 containers each, all in memory as in the manager: a container has a
 * published port, two labels and a name; a node has six labels.  Each request is parsed to a wish
 * once and placed ROUNDS times after a warm-up; every placement takes its own time, and median and
 * 99th percentile are printed, with the wish's own cost beside them.  No reservation is made, so
 * that all rounds see the same cluster.  Build with --buildtype=release or debugoptimized, without
 * sanitizers.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/intern.h"
#include "base/mem.h"
#include "sched/sched.h"

enum {
	NODES = 1000,
	CONTAINERS = 30, /* on each */
	ROUNDS = 2000,
	WARM_UP = 50,
};

#define GIB (INT64_C(1) << 30)

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct container *make_container(size_t node, size_t number)
{
	struct container *c = container_create();

	snprintf(c->id, sizeof(c->id), "%032zx%032zx", node, number);
	c->state = CONTAINER_RUNNING;
	c->names = xcalloc(1, sizeof(*c->names));
	c->names[0] = xasprintf("/service-%zu-%zu", node, number);
	c->names_count = 1;
	labels_add(&c->labels, "com.example.project", "bench");
	labels_add(&c->labels, "com.example.service", number % 2 ? "web" : "worker");
	c->ports = xcalloc(1, sizeof(*c->ports));
	c->ports[0] = (struct port_use){
		.any_address = true,
		.first = (uint16_t)(20000 + number),
		.last = (uint16_t)(20000 + number),
		.address = intern(""),
	};
	c->ports_count = 1;
	c->memory_bytes = GIB / 8;
	return c;
}

static const struct labels *make_labels(size_t node)
{
	struct labels *l = xnew(struct labels);
	auto_free char *rack = xasprintf("rack-%zu", node / 40);

	labels_add(l, "storagedriver", "overlay2");
	labels_add(l, "kernelversion", "6.1.0-28-amd64");
	labels_add(l, "operatingsystem", "Debian GNU/Linux 12 (bookworm)");
	labels_add(l, "ostype", "linux");
	labels_add(l, "region", node % 2 ? "us-east" : "us-west");
	labels_add(l, "rack", rack);
	return l;
}

static void make_node(struct node *n, size_t number)
{
	struct container **containers = xcalloc(CONTAINERS, sizeof(struct container *));

	for (size_t i = 0; i < CONTAINERS; i++)
		containers[i] = make_container(number, i);
	*n = (struct node){
		.id = xasprintf("engine-%zu|10.0.0.1:2375", number),
		.engine_id = xasprintf("engine-%zu", number),
		.name = xasprintf("node-%zu", number),
		.addr = "10.0.0.1:2375",
		.ip = "10.0.0.1",
		.os = "linux",
		.arch = "amd64",
		.labels = make_labels(number),
		.containers = containers,
		.containers_count = CONTAINERS,
		.tallies = xnew(struct label_tallies),
		.volume_uses = xnew(struct volume_uses),
		.used_memory = CONTAINERS * GIB / 8,
		.total_memory = 64 * GIB,
		.total_nano_cpus = INT64_C(32000000000),
		.health = 100,
	};
}

static int compare_times(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct wish *make_wish(const char *body, int64_t *ret_ns)
{
	auto_error struct error err = ERROR_INIT;
	struct container_config config = { 0 };

	if (!config_parse(&config, body, strlen(body), "", "", &err)) {
		fprintf(stderr, "%s: %s\n", body, error_text(&err));
		exit(1);
	}
	int64_t start = now_ns();
	struct wish *w = wish_create(&config, &err);
	*ret_ns = now_ns() - start;
	config_finish(&config);
	return w;
}

static void measure(struct sched *s, struct node *nodes, const char *what, const char *body)
{
	static int64_t times[ROUNDS];
	static struct node *ranked[NODES];
	int64_t wish_ns;
	struct wish *w = make_wish(body, &wish_ns);
	size_t fitting = 0;

	for (int i = -WARM_UP; i < ROUNDS; i++) {
		int64_t start = now_ns();

		if (!sched_place(s, w, nodes, NODES, ranked, &fitting, NULL))
			fitting = 0;
		if (i >= 0)
			times[i] = now_ns() - start;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare_times);
	printf("%-34s %5zu fit  p50 %7.1f us  p99 %7.1f us  wish %6.1f us\n", what, fitting,
		(double)times[ROUNDS / 2] / 1000, (double)times[ROUNDS * 99 / 100] / 1000,
		(double)wish_ns / 1000);
	wish_destroy(w);
}

int main(void)
{
	static struct node nodes[NODES];
	static const struct {
		const char *what, *body;
	} requests[] = {
		{ "nothing", "{\"Image\":\"i\"}" },
		{ "memory and CPUs",
			"{\"Image\":\"i\",\"HostConfig\":{\"Memory\":1073741824,\"NanoCpus\":"
			"500000000}}" },
		{ "constraint, plain",
			"{\"Image\":\"i\",\"Env\":[\"constraint:region==us-east\"]}" },
		{ "constraint, regex",
			"{\"Image\":\"i\",\"Env\":[\"constraint:rack==/^rack-[0-9]$/\"]}" },
		{ "port, free everywhere",
			"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{"
			"\"HostPort\":\"8080\"}]}}}" },
		{ "port, taken everywhere",
			"{\"Image\":\"i\",\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{"
			"\"HostPort\":\"20029\"}]}}}" },
		{ "affinity to a name",
			"{\"Image\":\"i\",\"Env\":[\"affinity:container==service-7-7\"]}" },
		{ "anti-affinity to a label",
			"{\"Image\":\"i\",\"Env\":[\"affinity:com.example.service!=db\"]}" },
		{ "link", "{\"Image\":\"i\",\"HostConfig\":{\"Links\":[\"service-7-7:x\"]}}" },
	};
	struct sched *s = sched_create(NULL, NULL, NULL);

	for (size_t i = 0; i < NODES; i++)
		make_node(&nodes[i], i);
	printf("%d nodes with %d containers each, %s, %d rounds\n", NODES, CONTAINERS,
		sched_strategy_name(s), ROUNDS);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		measure(s, nodes, requests[i].what, requests[i].body);
	sched_destroy(s);
	return 0; /* the nodes live as long as the program */
}
