/*
 * docker_test.h - documents as engines and clients send them, from data/.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/strbuf.h"

/* The text of data/<name>; fails the test when it cannot be read. Caller frees. */
char *load_text(const char *name);
yyjson_doc *load_json(const char *name);
yyjson_doc *parse_json(const char *text);
