/*
 * api/asker.h - what clients asked about last, and which image they are told.
 *
 * Where a pool has both kinds of image stores one image has two ids.  Clients compare what they are
 * told of it with what they were told before: Compose makes a container anew when its image has
 * another id than at the last `up`.  So an image is told as on the node where the containers are
 * that the client has just asked about.
 */
#pragma once

#include "api/request.h"
#include "docker/label.h"
#include "manager/image_holders.h"

/* Kept for that; owned by the api. */
struct asker *asker_create(void) must_check;
void asker_destroy(struct asker *a); /* NULL is fine */

/* The client named the project of its containers: the value of the label, or NULL for none. */
void asker_note_project(struct request *rq, const char *project);
/* The same, when one of these filters ("key=value") does. */
void asker_note_filters(struct request *rq, const struct strv *labels);
/* It looked at this container, by full id. */
void asker_note_container(struct request *rq, const char *id);

/* Puts the holders first that tell this client the same image as before; the others stay in their
 * order. */
void asker_order_holders(const struct request *rq, struct image_holders *h, const char *name);
