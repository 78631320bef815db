/*
 * Names, with files and a name server of our own.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/resolver.h"

struct world {
	struct loop *loop;
	char folder[32];
	char *resolv_conf, *hosts; /* owned; paths */
	struct resolver_files files;
	struct resolver *resolver;
	int server; /* a name server that never answers */
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

/* So that a change within the same tick of the clock shows. */
static void make_old(const char *path)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* ret_line: of resolv.conf. */
static int silent_server(char **ret_line)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*ret_line = xasprintf("nameserver 127.0.0.1:%u\n", ntohs(sa.sin_port));
	return fd;
}

static int setup(void **state)
{
	struct world *w = xnew(struct world);
	auto_free char *line = NULL;

	snprintf(w->folder, sizeof(w->folder), "/tmp/resolver-XXXXXX");
	w->loop = loop_create();
	assert_non_null(mkdtemp(w->folder));
	w->resolv_conf = xasprintf("%s/resolv.conf", w->folder);
	w->hosts = xasprintf("%s/hosts", w->folder);
	w->server = silent_server(&line);
	write_file(w->resolv_conf, line);
	write_file(w->hosts, "127.0.0.7 old.test\n");
	make_old(w->hosts);
	w->files = (struct resolver_files){ .resolv_conf = w->resolv_conf, .hosts = w->hosts };
	w->resolver = resolver_create(w->loop, &w->files);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	resolver_destroy(w->resolver);
	loop_destroy(w->loop);
	close(w->server);
	unlink(w->resolv_conf);
	unlink(w->hosts);
	rmdir(w->folder);
	free(w->resolv_conf);
	free(w->hosts);
	free(w);
	return 0;
}

struct answer {
	bool done;
	char ip[INET_ADDRSTRLEN]; /* "" when there is none */
};

static void handle_lookup(void *arg, int code maybe_unused, struct evutil_addrinfo *list)
{
	struct answer *a = arg;

	a->done = true;
	if (!list)
		return;
	inet_ntop(AF_INET, &((const struct sockaddr_in *)list->ai_addr)->sin_addr, a->ip,
		sizeof(a->ip));
	evutil_freeaddrinfo(list);
}

static struct resolution *look_up(struct world *w, const char *name, struct answer *a)
{
	*a = (struct answer){ 0 };
	return resolver_lookup(w->resolver, name, "80", handle_lookup, a);
}

static void expect_ip(struct world *w, const char *name, const char *ip)
{
	struct answer a;

	look_up(w, name, &a);
	turn_until(w->loop, a.done);
	assert_string_equal(a.ip, ip);
}

static void test_hosts(void **state)
{
	struct world *w = *state;

	expect_ip(w, "old.test", "127.0.0.7");
}

/* Somebody may always be waiting for the name server that is gone. */
static void test_changed_files_are_read_while_others_wait(void **state)
{
	struct world *w = *state;
	struct answer waits;
	struct resolution *waiting = look_up(w, "nobody.test", &waits);

	write_file(w->hosts, "127.0.0.8 new.test\n");
	expect_ip(w, "new.test", "127.0.0.8");
	assert_false(waits.done);
	resolver_cancel(waiting);
	expect_ip(w, "new.test", "127.0.0.8");
}

static void test_the_resolver_ends_before_its_answers(void **state)
{
	struct world *w = *state;
	struct answer waits, late;
	struct resolution *waiting = look_up(w, "nobody.test", &waits);

	write_file(w->hosts, "127.0.0.8 new.test\n");
	struct resolution *answered = look_up(w, "new.test", &late);

	resolver_cancel(waiting);
	resolver_cancel(answered);
	assert_false(waits.done || late.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_changed_files_are_read_while_others_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_the_resolver_ends_before_its_answers, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
