/*
 * cmd/talk.h - what a command asks a manager, one request after the other.
 *
 * Where the manager is and how it is reached is said as to the docker command: --host, else
 * DOCKER_HOST, and the certificates of DOCKER_CERT_PATH with TLS.  A request is one function that
 * returns with the answer; the loop runs inside, and nothing else is under way.
 */
#pragma once

#include <yyjson.h>

#include "cmd/options.h"
#include "http/client.h"

#define TALK_DEFAULT_HOST "tcp://127.0.0.1:2375"

struct talk_args {
	char *host;
	bool tls, tls_verify;
	char *ca, *cert, *key; /* files; NULL: those of DOCKER_CERT_PATH */
};

/* Rows of the table of a command whose values have a struct talk_args as this member. */
#define TALK_OPTIONS(type, member)                                                                 \
	{                                                                                          \
		"host",                                                                            \
		"H",                                                                               \
		OPTION(STRING, type, member.host),                                                 \
		.initial = TALK_DEFAULT_HOST,                                                      \
		.env = "DOCKER_HOST",                                                              \
		.help = "the manager: tcp://host:port or unix:///path",                            \
	},                                                                                         \
		{                                                                                  \
			"tls",                                                                     \
			OPTION(BOOL, type, member.tls),                                            \
			.help = "speak TLS, and do not check the manager's certificate "           \
				"[$DOCKER_TLS]",                                                   \
		},                                                                                 \
		{                                                                                  \
			"tlsverify",                                                               \
			OPTION(BOOL, type, member.tls_verify),                                     \
			.help = "speak TLS, and check it [$DOCKER_TLS_VERIFY]",                    \
		},                                                                                 \
		{                                                                                  \
			"tlscacert",                                                               \
			OPTION(STRING, type, member.ca),                                           \
			.help = "authority to trust (ca.pem in $DOCKER_CERT_PATH, else "           \
				"~/.docker)",                                                      \
		},                                                                                 \
		{                                                                                  \
			"tlscert",                                                                 \
			OPTION(STRING, type, member.cert),                                         \
			.help = "own certificate (cert.pem there)",                                \
		},                                                                                 \
	{                                                                                          \
		"tlskey", OPTION(STRING, type, member.key), .help = "its key (key.pem there)",     \
	}

struct talk {
	struct loop *loop;         /* owned */
	struct endpoint *endpoint; /* owned */
	char *host;                /* as errors name it; owned */
	struct task task;
	struct timer rest;
	struct call call;
};

/* Connects to nobody yet; errors are about the arguments. */
bool talk_open(struct talk *t, const struct talk_args *args, struct error *err);
/* Zeroed memory is fine. */
void talk_close(struct talk *t);

/*
 * One request; body: JSON, or NULL.  ret gets the answer, the caller's; NULL: none is wanted.
 * False: the manager cannot be reached, or it refused; then err->status is its status and the text
 * what it said.
 */
bool talk_ask(struct talk *t, const char *method, const char *target, yyjson_mut_doc *body,
	yyjson_doc **ret, struct error *err);
/* Whether a call to the manager that is over was answered with less than 300; err as above. */
bool talk_check(const struct talk *t, const struct call *c, struct error *err);
/* Wait. */
void talk_rest(struct talk *t, int64_t ms);

/* "<path>/<name, encoded><rest>"; caller frees. */
char *talk_target(const char *path, const char *name, const char *rest) must_check;
