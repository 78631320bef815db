/*
 * net/tls_private.h - what the files of net/tls.h share.
 */
#pragma once

#include "net/tls.h"

/* tls_words.c: the callback of SSL_CTX_set_verify. */
int tls_note_verify(int ok, X509_STORE_CTX *store);

/* tls_files.c */
/* Neither of them is fine. */
bool tls_load_key_pair(SSL_CTX *ctx, const struct tls_files *files, struct error *err);
bool tls_load_authority(SSL_CTX *ctx, const char *path, struct error *err);
