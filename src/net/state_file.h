/*
 * net/state_file.h - a small file that survives everything.
 *
 * Each save writes a new file beside the old one, flushes it, renames it into place and flushes
 * the folder: whenever the process or the machine ends, the file is whole, old or new.  Flushing
 * can take seconds on a busy disk and has no form that does not wait, so it happens in a thread
 * that lives for one save, is given the text, and touches nothing else.
 *
 * The folder is locked against a second process for as long as the state file is open.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "net/loop.h"

struct state_file;

/* Opens folder (made when only its last part is missing), in which the file has this name.
 * Errors name the folder, why, and what to do. */
struct state_file *state_file_open(
	struct loop *loop, const char *folder, const char *name, struct error *err) must_check;
/* What the file holds; nothing when there is none yet. */
bool state_file_read(const struct state_file *sf, struct strbuf *ret, struct error *err);
/* text is taken.  One save at a time.  done is called from the loop; err is NULL when the text is
 * safe. */
void state_file_save(struct state_file *sf, char *text, size_t len,
	void (*done)(void *arg, const struct error *err), void *arg);
bool state_file_saving(const struct state_file *sf);
/* Waits for a save under way (its done is not called any more), then saves text, here and now. */
bool state_file_save_now(struct state_file *sf, const char *text, size_t len, struct error *err);
/* Waits for a save under way.  NULL is fine. */
void state_file_close(struct state_file *sf);
