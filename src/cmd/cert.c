/*
 * cmd/cert.c - `swarm cert`: the certificates of a cluster, without recipes.
 *
 *   FOLDER/ca.pem, ca-key.pem            the authority; its key stays here
 *   FOLDER/NAME/ca.pem, cert.pem, key.pem    all that NAME needs: copy the folder to its host, or
 *                                        name it in DOCKER_CERT_PATH
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/command.h"
#include "net/certificate.h"

#define DAYS_MAX    (100 * 365)
#define THREE_YEARS (3 * 365)

struct cert_args {
	char *folder;
	char *key_type;
	int64_t days; /* 0: by kind */
	bool force;
};

static const struct option_spec cert_options[] = {
	{
		"dir",
		"d",
		OPTION(STRING, struct cert_args, folder),
		.initial = ".",
		.help = "folder of the authority, ca.pem and ca-key.pem; the others get a folder "
			"each in it",
	},
	{
		"days",
		OPTION(INT, struct cert_args, days),
		.initial = "0",
		.help = "how long it is valid; 0: ten years for an authority, three for the others",
	},
	{
		"key-type",
		OPTION(STRING, struct cert_args, key_type),
		.initial = "ec",
		.help = "ec (P-256), or rsa (3072 bits) for peers that know nothing else",
	},
	{
		"force",
		OPTION(BOOL, struct cert_args, force),
		.help = "replace what is there",
	},
};

/* --- files --- */

/* One of those that are made together: all of them, or what was there stays. */
struct new_file {
	char *path, *fresh_path; /* owned; written under the second name first */
	mode_t mode;
	struct strbuf text;
};

struct new_files {
	struct new_file items[3];
	size_t count;
};

static struct strbuf *add_file(struct new_files *files, const char *folder, const char *name)
{
	struct new_file *f = &files->items[files->count++];

	*f = (struct new_file){
		.path = xasprintf("%s/%s", folder, name),
		.fresh_path = xasprintf("%s/%s.new", folder, name),
		.mode = 0644,
	};
	strbuf_init(&f->text, 0);
	return &f->text;
}

static void add_key(
	struct new_files *files, const char *folder, const char *name, const struct certificate *c)
{
	certificate_add_key_pem(c, add_file(files, folder, name));
	files->items[files->count - 1].mode = 0600;
}

static void add_certificate(
	struct new_files *files, const char *folder, const char *name, const struct certificate *c)
{
	certificate_add_pem(c, add_file(files, folder, name));
}

static void new_files_finish(struct new_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		struct new_file *f = &files->items[i];

		explicit_bzero(f->text.buf, f->text.len);
		strbuf_finish(&f->text);
		free(f->path);
		free(f->fresh_path);
	}
	files->count = 0;
}
#define auto_new_files __attribute__((cleanup(new_files_finish)))

static bool fail_file(const char *path, int number, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s: %s", path, strerror(number));
}

/* A new file, never one that somebody else has put there or may already read. */
static bool write_fresh(const struct new_file *f, struct error *err)
{
	unlink(f->fresh_path); /* of an attempt that was cut off */
	int fd = open(f->fresh_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, f->mode);

	if (fd < 0)
		return fail_file(f->path, errno, err);
	errno = ENOSPC; /* what a short write means */
	bool ok = write(fd, f->text.buf, f->text.len) == (ssize_t)f->text.len && fsync(fd) == 0;
	int number = errno;
	if (close(fd) == 0 && ok)
		return true;
	return fail_file(f->path, number, err);
}

static bool write_all_fresh(const struct new_files *files, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		if (!write_fresh(&files->items[i], err))
			return false;
	}
	return true;
}

static bool rename_all(const struct new_files *files, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct new_file *f = &files->items[i];

		if (rename(f->fresh_path, f->path) != 0)
			return fail_file(f->path, errno, err);
	}
	return true;
}

static bool check_absent(const struct new_files *files, struct error *err)
{
	struct stat st;

	for (size_t i = 0; i < files->count; i++) {
		const char *path = files->items[i].path;

		if (lstat(path, &st) == 0)
			return error_set(err, ERROR_CONFLICT,
				"%s is there already: --force replaces it", path);
	}
	return true;
}

static bool write_files(
	const struct cert_args *args, const struct new_files *files, struct error *err)
{
	if (!args->force && !check_absent(files, err))
		return false;
	if (write_all_fresh(files, err) && rename_all(files, err))
		return true;
	for (size_t i = 0; i < files->count; i++)
		unlink(files->items[i].fresh_path);
	return false;
}

static bool make_folder(const char *path, mode_t mode, struct error *err)
{
	return mkdir(path, mode) == 0 || errno == EEXIST || fail_file(path, errno, err);
}

/* --- the authority --- */

struct authority_files {
	char *cert, *key; /* owned */
};

static struct authority_files authority_files(const struct cert_args *args)
{
	return (struct authority_files){
		.cert = xasprintf("%s/ca.pem", args->folder),
		.key = xasprintf("%s/ca-key.pem", args->folder),
	};
}

static void authority_files_finish(struct authority_files *f)
{
	free(f->cert);
	free(f->key);
}
#define auto_authority_files __attribute__((cleanup(authority_files_finish)))

static bool load_authority(const struct invocation *in, const struct authority_files *f,
	struct certificate *ret, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	if (certificate_load_authority(ret, f->cert, f->key, &why))
		return true;
	if (why.code == ERROR_NOT_FOUND)
		return error_set(err, ERROR_NOT_FOUND,
			"%s: make an authority first, with '%s cert ca', or name its folder with "
			"--dir",
			why.text, in->program);
	error_move(err, &why);
	return false;
}

/* --- kinds --- */

struct kind {
	const char *name;
	enum certificate_use use;
	int days;
	bool (*make)(const struct invocation *in, const struct cert_args *args,
		const struct kind *kind, const struct strv *words, struct error *err);
	const char *next; /* what to do with it */
};

static struct certificate_wish wish(
	const struct cert_args *args, const struct kind *kind, const char *name)
{
	return (struct certificate_wish){
		.use = kind->use,
		.name = name,
		.days = args->days ? (int)args->days : kind->days,
		.rsa = strcmp(args->key_type, "rsa") == 0,
	};
}

static bool make_authority(maybe_unused const struct invocation *in, const struct cert_args *args,
	const struct kind *kind, const struct strv *words, struct error *err)
{
	struct certificate_wish w = wish(args, kind, words->count ? words->items[0] : "swarm CA");
	auto_certificate struct certificate c = { 0 };
	auto_new_files struct new_files files = { 0 };

	if (words->count > 1)
		return error_set(err, ERROR_INVALID,
			"an authority has one name, and '%s' is another", words->items[1]);
	if (!certificate_make(&c, &w, NULL, err) || !make_folder(args->folder, 0755, err))
		return false;
	add_certificate(&files, args->folder, "ca.pem", &c);
	add_key(&files, args->folder, "ca-key.pem", &c);
	if (!write_files(args, &files, err))
		return false;
	printf("%s\n%s (keep it here: whoever has it can let anybody in)\n", files.items[0].path,
		files.items[1].path);
	return true;
}

/* It becomes a folder, too. */
static bool check_member_name(const char *name, struct error *err)
{
	if (!certificate_check_name(name, err))
		return false;
	if (strlen(name) > CERTIFICATE_NAME_MAX || strchr(name, '*') || strchr(name, ':'))
		return error_set(err, ERROR_INVALID,
			"'%s' is no name for a certificate: give a short one first, then the "
			"addresses",
			name);
	return true;
}

static void add_once(struct strv *names, const char *name)
{
	if (!strv_contains(names, name))
		strv_add(names, name);
}

static bool collect_names(
	const struct kind *kind, const struct strv *words, struct strv *ret, struct error *err)
{
	for (size_t i = 1; i < words->count; i++) {
		if (!certificate_check_name(words->items[i], err))
			return false;
	}
	if (kind->use == CERTIFICATE_CLIENT)
		return words->count == 1 ||
		       error_set(err, ERROR_INVALID, "a client has one name, and '%s' is another",
			       words->items[1]);
	for (size_t i = 0; i < words->count; i++)
		add_once(ret, words->items[i]);
	add_once(ret, "localhost");
	add_once(ret, "127.0.0.1");
	return true;
}

static bool write_member(const struct cert_args *args, const char *folder,
	const struct certificate *authority, const struct certificate *c, struct error *err)
{
	auto_new_files struct new_files files = { 0 };

	add_key(&files, folder, "key.pem", c);
	add_certificate(&files, folder, "cert.pem", c);
	add_certificate(&files, folder, "ca.pem", authority);
	return make_folder(folder, 0755, err) && write_files(args, &files, err);
}

static void print_next(const struct kind *kind, const char *folder)
{
	printf("%s/ca.pem\n%s/cert.pem\n%s/key.pem\n%s\n", folder, folder, folder, kind->next);
}

static bool make_member(const struct invocation *in, const struct cert_args *args,
	const struct kind *kind, const struct strv *words, struct error *err)
{
	auto_authority_files struct authority_files f = authority_files(args);
	auto_certificate struct certificate authority = { 0 };
	auto_certificate struct certificate c = { 0 };
	auto_strv struct strv names = STRV_INIT;

	if (words->count == 0)
		return error_set(err, ERROR_INVALID, "cert %s needs a name. See '%s cert --help'.",
			kind->name, in->program);
	const char *name = words->items[0];
	auto_free char *folder = xasprintf("%s/%s", args->folder, name);
	struct certificate_wish w = wish(args, kind, name);
	w.names = &names;
	if (!check_member_name(name, err) || !collect_names(kind, words, &names, err) ||
		!load_authority(in, &f, &authority, err) ||
		!certificate_make(&c, &w, &authority, err) ||
		!write_member(args, folder, &authority, &c, err))
		return false;
	print_next(kind, folder);
	return true;
}

static const struct kind kinds[] = {
	{ "ca", CERTIFICATE_AUTHORITY, 3652, make_authority, NULL },
	{ "server", CERTIFICATE_SERVER, THREE_YEARS, make_member,
		"Copy these to the host of the engine: dockerd --tlsverify --tlscacert=ca.pem "
		"--tlscert=cert.pem --tlskey=key.pem -H tcp://0.0.0.0:2376 "
		"-H unix:///var/run/docker.sock" },
	{ "manager", CERTIFICATE_MANAGER, THREE_YEARS, make_member,
		"Copy these to the host of the manager: swarm manage --tlsverify "
		"--tlscacert=ca.pem --tlscert=cert.pem --tlskey=key.pem -H tcp://0.0.0.0:3376" },
	{ "client", CERTIFICATE_CLIENT, THREE_YEARS, make_member,
		"Copy these to the user: DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=<the folder> "
		"DOCKER_HOST=tcp://<the manager>:3376 docker info" },
};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

static bool check_args(const struct cert_args *args, struct error *err)
{
	if (strcmp(args->key_type, "ec") != 0 && strcmp(args->key_type, "rsa") != 0)
		return error_set(err, ERROR_INVALID, "--key-type should be ec or rsa");
	if (args->days < 0 || args->days > DAYS_MAX)
		return error_set(err, ERROR_INVALID, "--days should be from 1 to %d", DAYS_MAX);
	return true;
}

static bool cert_run(const struct invocation *in, const void *values, const struct strv *words,
	struct error *err)
{
	const struct cert_args *args = values;
	const struct kind *kind = words->count ? find_kind(words->items[0]) : NULL;

	if (!kind)
		return error_set(err, ERROR_INVALID,
			"cert makes one of ca, server, manager, client. See '%s cert --help'.",
			in->program);
	struct strv rest = { .items = words->items + 1, .count = words->count - 1 };
	return check_args(args, err) && kind->make(in, args, kind, &rest, err);
}

static const char cert_details[] =
	"   ca [NAME]                    the authority that signs the others\n"
	"   server NAME [ADDRESS...]     for an engine, valid for these names and addresses\n"
	"   manager NAME [ADDRESS...]    for a manager, which is a client of the engines, too\n"
	"   client NAME                  for a user\n";

const struct command command_cert = {
	.name = "cert",
	.summary = "Make the certificates of a cluster",
	.details = cert_details,
	.usage = "[OPTIONS] ca|server|manager|client [NAME] [ADDRESS...]",
	.options = cert_options,
	.options_count = ARRAY_SIZE(cert_options),
	.values_size = sizeof(struct cert_args),
	.run = cert_run,
};
