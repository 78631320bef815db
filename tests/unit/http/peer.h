/*
 * peer.h - the other end of a connection, byte by byte, for tests of one process and one loop.
 */
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <event2/buffer.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "net/loop.h"
#include "net/stream.h"

struct raw {
	int fd;
	struct evbuffer *in; /* all that came */
	bool ended;          /* end or reset seen */
	bool reset;
};

/* Turns the loop until the condition holds; fails the test after five seconds. */
#define turn_until(loop, condition)                                                                \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + 5000;                                           \
		while (!(condition)) {                                                             \
			if (clock_mono_ms() > until_)                                              \
				fail_msg("never came true: %s", #condition);                       \
			loop_turn(loop, 5);                                                        \
		}                                                                                  \
	} while (0)

/* A stream and its raw other end. */
struct stream *raw_pair(struct loop *loop, struct raw *ret);
/* A listening socket on loopback. */
int raw_listen(char **ret_address);
bool raw_accept(int listener, struct raw *ret);
void raw_send(struct raw *r, const char *text);
void raw_send_n(struct raw *r, const void *data, size_t len);
/* As much as the kernel takes now. */
size_t raw_try_send(struct raw *r, const void *data, size_t len);
void raw_end(struct raw *r);
/* Reads what is there; true, so that it can stand in a condition. */
bool raw_read(struct raw *r);
bool raw_has(struct raw *r, const char *text); /* reads first */
bool raw_is(struct raw *r, const char *text);
bool raw_ended(struct raw *r);
void raw_forget(struct raw *r); /* what came */
void raw_close(struct raw *r);
size_t resident_bytes(void);
