/*
 * api/images.h - the endpoints about images.
 */
#pragma once

#include "api/request.h"
#include "manager/image_holders.h"

void images_list(struct request *rq);

/* images_inspect.c: the same, in the shape that the client knows. */
void images_inspect(struct request *rq);

/* images_read.c: the engines that have the image; one that nobody is known to have may be what the
 * client has just built.  Errors of image_holders_find. */
bool images_find(struct request *rq, struct image_holders *ret, const char *name,
	enum image_match how, struct error *err);
/* One engine that has the image answers. */
void images_order_holders(
	const struct request *rq, struct image_holders *holders, const char *name);
void images_read(struct request *rq);
void images_save(struct request *rq);
void images_save_many(struct request *rq);
void images_push(struct request *rq);
void images_search(struct request *rq);
void images_distribution(struct request *rq);

/* images_change.c: every engine that has the image changes it. */
void images_tag(struct request *rq);
void images_remove(struct request *rq);

/* images_create.c: an image comes to many engines. */
void images_create(struct request *rq);
void images_load(struct request *rq);

void images_prune(struct request *rq);
