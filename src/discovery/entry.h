/*
 * discovery/entry.h - the address of one engine, as a member writes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * "host:port" with a host that could be one and a port in 1..65535, or "unix:///path".
 * Errors: "address X: missing port in address" (just "missing port in address" when X is empty),
 * "address X: too many colons in address", "address X: <what is wrong>".
 */
bool entry_check(const char *entry, struct error *err);
/* Only the first form: what others can be told to connect to. */
bool entry_check_host_port(const char *entry, struct error *err);
/* The same for len bytes that others have written, with a NUL behind them. */
bool entry_check_bytes(const char *entry, size_t len, struct error *err);
