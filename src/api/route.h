/*
 * api/route.h - a row of the route table: what is to be known of a request before it is read.
 *
 * What a row says no endpoint says again: proxies, replicas and the way in go by the flags.
 */
#pragma once

struct request;

enum route_flags {
	ROUTE_LOCAL = 1,  /* about the manager that is asked: each answers for itself */
	ROUTE_IMAGES = 2, /* looks images up: waits until the records show what was just made */
	/* After a success of what one engine answers, in time for the client's next request: */
	ROUTE_CHANGES = 4,        /* the container is refreshed, then the answer goes */
	ROUTE_CHANGES_AT_END = 8, /* it is refreshed before the answer, or stream, ends */
	ROUTE_MAKES_IMAGES = 16,  /* the engine's images are refreshed, in the same way */
	ROUTE_HOLD_TAIL = 32,     /* with either: the body goes with the end */
	ROUTE_HIJACK = 64,        /* a raw stream follows */
	ROUTE_UPGRADE = 128,      /* ... when the client asks for one */
	ROUTE_ENDS = 512,         /* the container may end: nobody is sent there any more */
	/* What a success says of the container, should it not be read again
	   (manager/acknowledged.h): */
	ROUTE_STARTS = 2048,
	ROUTE_STOPS = 4096,
	ROUTE_RENAMES = 8192,
	ROUTE_REMOVES = 16384,
	ROUTE_PAGE = 1024,   /* of the page for operators, which may be off */
	ROUTE_BY_NAME = 256, /* the engine repeats in its errors what it was asked for */
};

struct route {
	const char *method; /* "*" for any */
	const char *path;   /* as in http/router.h */
	void (*handle)(struct request *rq);
	const char *meaning; /* what it means in a cluster; for docs */
	enum route_flags flags;
};
