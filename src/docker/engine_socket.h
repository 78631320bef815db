/*
 * docker/engine_socket.h - a container that is given the socket of its engine.
 *
 * Programs that look after containers from inside of one (proxies, updaters, reapers) bind
 * /var/run/docker.sock.
 */
#pragma once

#include <stdbool.h>
#include <yyjson.h>

/* Whether a create request has that socket in Binds or Mounts. */
bool engine_socket_is_bound(yyjson_mut_doc *create);
/* Binds this path of the host in its place, where the container expects it; the path is copied. */
void engine_socket_replace(yyjson_mut_doc *create, const char *path);
