/*
 * A load generator that measures one request after the other, from several connections.
 *
 *   load get HOST:PORT PATH COUNT            time of COUNT GETs on one connection
 *   load create HOST:PORT COUNT CONNECTIONS [ENV]  create + start, each connection in its own
 * thread
 *
 * Prints one JSON object: count, errors, bytes of one answer, and min/p50/p99/max in microseconds.
 * Blocking sockets and threads on purpose: the measuring side shares no code with the measured one.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
	int fd;
	char *buf;
	size_t len, cap;
};

struct worker {
	pthread_t thread;
	const char *address;
	int number, count, errors;
	const char *env;
	int64_t *times_us;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static int connect_to(const char *address)
{
	char host[256];
	const char *colon = strrchr(address, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int fd, one = 1;

	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return -1;
	memcpy(host, address, (size_t)(colon - address));
	host[colon - address] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		return -1;
	fd = socket(list->ai_family, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static bool fill(struct connection *c)
{
	ssize_t n;

	if (c->cap - c->len < 65536) {
		c->cap = (c->cap + 65536) * 2;
		c->buf = realloc(c->buf, c->cap);
	}
	n = read(c->fd, c->buf + c->len, c->cap - c->len - 1);
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	c->buf[c->len] = '\0';
	return true;
}

/* Offset just behind a chunked body that starts at `at`; 0 when more bytes are needed. */
static size_t chunked_end(const struct connection *c, size_t *at)
{
	for (;;) {
		char *line_end = memmem(c->buf + *at, c->len - *at, "\r\n", 2);
		size_t size;

		if (!line_end)
			return 0;
		size = strtoul(c->buf + *at, NULL, 16);
		if ((size_t)(line_end - c->buf) + 2 + size + 2 > c->len)
			return 0;
		*at = (size_t)(line_end - c->buf) + 2 + size + 2;
		if (size == 0)
			return *at;
	}
}

/* Reads one answer whole; its length on the wire, 0 on failure. */
static size_t read_answer(struct connection *c, int *ret_status, char **ret_body)
{
	char *head_end;
	size_t at, end = 0;

	c->len = 0;
	do {
		if (!fill(c))
			return 0;
		head_end = memmem(c->buf, c->len, "\r\n\r\n", 4);
	} while (!head_end);
	sscanf(c->buf, "HTTP/1.1 %d", ret_status);
	at = (size_t)(head_end - c->buf) + 4;
	*head_end = '\0';
	char *length = strcasestr(c->buf, "\r\ncontent-length:");
	bool chunked = strcasestr(c->buf, "\r\ntransfer-encoding: chunked");

	if (!chunked)
		end = at + (length ? strtoul(length + 17, NULL, 10) : 0);
	while (chunked ? !(end = chunked_end(c, &at)) : c->len < end) {
		if (!fill(c))
			return 0;
	}
	*ret_body = head_end + 4;
	return end;
}

static size_t request(
	struct connection *c, const char *text, size_t len, int *ret_status, char **ret_body)
{
	while (len > 0) {
		ssize_t n = write(c->fd, text, len);

		if (n <= 0)
			return 0;
		text += n;
		len -= (size_t)n;
	}
	return read_answer(c, ret_status, ret_body);
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void report(int64_t *times, int count, int errors, size_t bytes, int64_t total_us)
{
	qsort(times, (size_t)count, sizeof(*times), compare_times);
	printf("{\"count\":%d,\"errors\":%d,\"bytes\":%zu,\"min_us\":%lld,\"p50_us\":%lld,"
	       "\"p99_us\":%lld,\"max_us\":%lld,\"total_us\":%lld}\n",
		count, errors, bytes, count ? (long long)times[0] : -1,
		count ? (long long)times[count / 2] : -1,
		count ? (long long)times[count - 1 - count / 100] : -1,
		count ? (long long)times[count - 1] : -1, (long long)total_us);
}

static int measure_gets(const char *address, const char *path, int count)
{
	struct connection c = { .fd = connect_to(address) };
	int64_t *times = calloc((size_t)count, sizeof(*times)), began = now_us();
	char text[4096], *body;
	int done = 0, errors = 0, status = 0;
	size_t bytes = 0;
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path);

	for (int i = 0; i < count && c.fd >= 0; i++) {
		int64_t start = now_us();
		size_t n = request(&c, text, (size_t)len, &status, &body);

		if (!n)
			break;
		errors += status != 200;
		bytes = n;
		times[done++] = now_us() - start;
	}
	report(times, done, errors + count - done, bytes, now_us() - began);
	free(times);
	free(c.buf);
	if (c.fd >= 0)
		close(c.fd);
	return done == count && !errors ? 0 : 1;
}

/* env: one line of the environment, such as a constraint; NULL: none. */
static bool create_and_start(struct connection *c, int worker, int n, const char *env)
{
	char config[1024], text[2048], id[65], *body, *at;
	int status = 0, len;

	snprintf(config, sizeof(config),
		"{\"Image\":\"registry.bench.invalid:5000/team/service:1.4.2\","
		"\"Cmd\":[\"run\"],\"Labels\":{\"bench\":\"true\"},\"Env\":[%s%s%s],"
		"\"HostConfig\":{\"NetworkMode\":\"default\"}}",
		env ? "\"" : "", env ? env : "", env ? "\"" : "");
	len = snprintf(text, sizeof(text),
		"POST /containers/create?name=load-%d-%d-%d HTTP/1.1\r\nHost: "
		"bench\r\nContent-Type: "
		"application/json\r\nContent-Length: %zu\r\n\r\n%s",
		(int)getpid(), worker, n, strlen(config), config);

	if (!request(c, text, (size_t)len, &status, &body) || status != 201)
		return false;
	at = strstr(body, "\"Id\":\"");
	if (!at || sscanf(at + 6, "%64[0-9a-f]", id) != 1)
		return false;
	len = snprintf(text, sizeof(text),
		"POST /containers/%s/start HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n",
		id);
	return request(c, text, (size_t)len, &status, &body) && status == 204;
}

static void *create_loop(void *arg)
{
	struct worker *w = arg;
	struct connection c = { .fd = connect_to(w->address) };

	for (int i = 0; i < w->count; i++) {
		int64_t start = now_us();

		if (c.fd < 0 || !create_and_start(&c, w->number, i, w->env))
			w->errors++;
		w->times_us[i] = now_us() - start;
	}
	free(c.buf);
	if (c.fd >= 0)
		close(c.fd);
	return NULL;
}

static int measure_creates(const char *address, int count, int connections, const char *env)
{
	struct worker *workers = calloc((size_t)connections, sizeof(*workers));
	int per_worker = count / connections, errors = 0;
	int64_t *times = calloc((size_t)count, sizeof(*times)), began = now_us();

	for (int i = 0; i < connections; i++) {
		workers[i] = (struct worker){ .address = address,
			.number = i,
			.env = env,
			.count = per_worker,
			.times_us = times + i * per_worker };
		pthread_create(&workers[i].thread, NULL, create_loop, &workers[i]);
	}
	for (int i = 0; i < connections; i++) {
		pthread_join(workers[i].thread, NULL);
		errors += workers[i].errors;
	}
	report(times, per_worker * connections, errors, 0, now_us() - began);
	free(times);
	free(workers);
	return errors ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "get") == 0 && strtol(argv[4], NULL, 10) > 0)
		return measure_gets(argv[2], argv[3], (int)strtol(argv[4], NULL, 10));
	if ((argc == 5 || argc == 6) && strcmp(argv[1], "create") == 0 &&
		strtol(argv[4], NULL, 10) > 0 &&
		strtol(argv[3], NULL, 10) >= strtol(argv[4], NULL, 10))
		return measure_creates(argv[2], (int)strtol(argv[3], NULL, 10),
			(int)strtol(argv[4], NULL, 10), argv[5]);
	fprintf(stderr, "usage: load get HOST:PORT PATH COUNT | "
			"load create HOST:PORT COUNT CONNECTIONS [ENV]\n");
	return 2;
}
