/*
 * docker/reference.c - image references.
 *
 * A name is looked at in two ways: strictly, with copies, when somebody's wish is parsed; and as a
 * view into the text, without copies or checks, when the thousands of tags of a cluster are
 * compared with it.
 */
#include "docker/reference.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "docker/reference_view.h"

#define DEFAULT_DOMAIN "docker.io"
#define LEGACY_DOMAIN  "index.docker.io"
#define LIBRARY        "library/"
#define MAX_NAME       255
#define MAX_TAG        128
#define SHA256_HEX     64

static bool span_is(struct span a, const char *s)
{
	return a.s && strlen(s) == a.len && memcmp(a.s, s, a.len) == 0;
}

static bool span_equal(struct span a, struct span b)
{
	return a.s && b.s && a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

/* The part before the first slash is a host when it looks like one: a dot, a port, an upper-case
 * letter, or "localhost". */
static bool is_domain(struct span first)
{
	if (span_is(first, "localhost"))
		return true;
	for (size_t i = 0; i < first.len; i++) {
		if (first.s[i] == '.' || first.s[i] == ':' || isupper((unsigned char)first.s[i]))
			return true;
	}
	return false;
}

static void cut_digest(struct view *v)
{
	const char *at = memchr(v->path.s, '@', v->path.len);

	if (!at)
		return;
	v->digest = (struct span){ at + 1, v->path.len - (size_t)(at + 1 - v->path.s) };
	v->path.len = (size_t)(at - v->path.s);
}

/* The last colon, unless a slash follows: then it is a port. */
static void cut_tag(struct view *v)
{
	for (size_t i = v->path.len; i-- > 0 && v->path.s[i] != '/';) {
		if (v->path.s[i] != ':')
			continue;
		v->tag = (struct span){ v->path.s + i + 1, v->path.len - i - 1 };
		v->path.len = i;
		return;
	}
}

static void cut_domain(struct view *v)
{
	const char *slash = memchr(v->path.s, '/', v->path.len);
	struct span first = { v->path.s, slash ? (size_t)(slash - v->path.s) : 0 };

	v->domain = (struct span){ DEFAULT_DOMAIN, strlen(DEFAULT_DOMAIN) };
	if (!slash || !is_domain(first))
		return;
	v->has_domain = true;
	if (!span_is(first, LEGACY_DOMAIN))
		v->domain = first;
	v->path = (struct span){ slash + 1, v->path.len - first.len - 1 };
}

struct view view_of(const char *s)
{
	struct view v = { .path = { s, strlen(s) } };

	cut_digest(&v);
	cut_tag(&v);
	cut_domain(&v);
	v.library = span_is(v.domain, DEFAULT_DOMAIN) && !memchr(v.path.s, '/', v.path.len);
	return v;
}

/* --- strict --- */

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters and digits, joined by one '.', one or two '_', or any number of '-'. */
static bool is_component(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t start = i;

		while (i < len && is_lower_alnum(s[i]))
			i++;
		if (i == start)
			return false;
		if (i == len)
			return true;
		if (s[i] == '-')
			while (i < len && s[i] == '-')
				i++;
		else if (s[i] == '_')
			i += i + 1 < len && s[i + 1] == '_' ? 2 : 1;
		else if (s[i] == '.')
			i++;
		else
			return false;
	}
	return false; /* empty, or ended by a joint */
}

static bool is_path(struct span path)
{
	size_t start = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.s[i] != '/')
			continue;
		if (!is_component(path.s + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

static bool is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
	}
	return len > 0;
}

static bool is_host_label(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
	}
	return len > 0 && s[0] != '-' && s[len - 1] != '-';
}

static bool is_host_name(const char *s, size_t len)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '.')
			continue;
		if (!is_host_label(s + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

static bool is_bracketed(const char *s, size_t len)
{
	for (size_t i = 1; i + 1 < len; i++) {
		if (!isxdigit((unsigned char)s[i]) && s[i] != ':')
			return false;
	}
	return len > 2 && s[0] == '[' && s[len - 1] == ']';
}

static bool is_host_and_port(struct span domain)
{
	const char *last = memrchr(domain.s, ':', domain.len);
	size_t host = domain.len;

	if (domain.s[domain.len - 1] != ']' && last) {
		host = (size_t)(last - domain.s);
		if (!is_digits(last + 1, domain.len - host - 1))
			return false;
	}
	return is_host_name(domain.s, host) || is_bracketed(domain.s, host);
}

static bool is_tag(struct span tag)
{
	if (tag.len == 0 || tag.len > MAX_TAG || tag.s[0] == '.' || tag.s[0] == '-')
		return false;
	for (size_t i = 0; i < tag.len; i++) {
		if (!isalnum((unsigned char)tag.s[i]) && !strchr("_.-", tag.s[i]))
			return false;
	}
	return true;
}

static bool is_algorithm(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool joint = strchr("+._-", s[i]) != NULL;

		if (!joint && !isalnum((unsigned char)s[i]))
			return false;
		if (i == 0 || strchr("+._-", s[i - 1])) {
			if (!isalpha((unsigned char)s[i]))
				return false;
		}
	}
	return len > 0 && isalnum((unsigned char)s[len - 1]);
}

static bool is_lower_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]) && !(s[i] >= 'a' && s[i] <= 'f'))
			return false;
	}
	return true;
}

static size_t digest_length(struct span algorithm)
{
	if (span_is(algorithm, "sha256"))
		return 64;
	if (span_is(algorithm, "sha384"))
		return 96;
	return span_is(algorithm, "sha512") ? 128 : 0;
}

static bool check_digest(struct span digest, struct error *err)
{
	const char *colon = memchr(digest.s, ':', digest.len);
	struct span algorithm = { digest.s, colon ? (size_t)(colon - digest.s) : 0 };
	size_t hex = colon ? digest.len - algorithm.len - 1 : 0;

	if (!colon || !is_algorithm(algorithm.s, algorithm.len) || hex < 32)
		return error_set(err, ERROR_INVALID, "invalid reference format");
	if (digest_length(algorithm) == 0)
		return error_set(err, ERROR_INVALID, "unsupported digest algorithm");
	if (hex != digest_length(algorithm))
		return error_set(err, ERROR_INVALID, "invalid checksum digest length");
	if (!is_lower_hex(colon + 1, hex))
		return error_set(err, ERROR_INVALID, "invalid checksum digest format");
	return true;
}

bool reference_check_tag(const char *tag, struct error *err)
{
	struct span s = { tag, strlen(tag) };

	return is_tag(s) || check_digest(s, NULL) ||
	       error_set(err, ERROR_INVALID, "invalid tag format");
}

static bool has_upper(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (isupper((unsigned char)s.s[i]))
			return true;
	}
	return false;
}

static bool check_view(const struct view *v, struct error *err)
{
	if (has_upper(v->path))
		return error_set(err, ERROR_INVALID,
			"invalid reference format: repository name (%s%.*s) must be lowercase",
			v->library ? LIBRARY : "", (int)v->path.len, v->path.s);
	if (!is_path(v->path) || !is_host_and_port(v->domain))
		return error_set(err, ERROR_INVALID, "invalid reference format");
	if (v->tag.s && !is_tag(v->tag))
		return error_set(err, ERROR_INVALID, "invalid reference format");
	if (v->path.len + (v->library ? strlen(LIBRARY) : 0) > MAX_NAME)
		return error_set(err, ERROR_INVALID,
			"repository name must not be more than %d characters", MAX_NAME);
	return !v->digest.s || check_digest(v->digest, err);
}

static char *copy_span(struct span s)
{
	return s.s ? xstrndup(s.s, s.len) : NULL;
}

static bool is_full_id(const char *s)
{
	return strlen(s) == SHA256_HEX && is_lower_hex(s, SHA256_HEX);
}

bool reference_check(const char *s, struct error *err)
{
	struct view v = view_of(s);

	return is_full_id(s) || check_view(&v, err);
}

bool reference_parse(struct reference *ret, const char *s, struct error *err)
{
	struct view v;

	if (is_full_id(s))
		return error_set(err, ERROR_INVALID,
			"invalid repository name (%s), cannot specify 64-byte hexadecimal strings",
			s);
	v = view_of(s);
	if (!check_view(&v, err))
		return false;
	*ret = (struct reference){
		.domain = copy_span(v.domain),
		.path = xasprintf("%s%.*s", v.library ? LIBRARY : "", (int)v.path.len, v.path.s),
		.tag = copy_span(v.tag),
		.digest = copy_span(v.digest),
	};
	return true;
}

void reference_finish(struct reference *r)
{
	free(r->domain);
	free(r->path);
	free(r->tag);
	free(r->digest);
	*r = (struct reference){ 0 };
}

/* Would the short name be taken for a host and a path, or for an id? */
static bool is_misleading(const char *s)
{
	const char *slash = strchr(s, '/');
	struct span first = { s, slash ? (size_t)(slash - s) : 0 };

	return is_domain(first) || (strlen(s) == SHA256_HEX && is_lower_hex(s, SHA256_HEX));
}

char *reference_familiar(const struct reference *r)
{
	const char *name = r->path;

	if (str_starts_with(name, LIBRARY) && !strchr(name + strlen(LIBRARY), '/'))
		name += strlen(LIBRARY);
	if (strcmp(r->domain, DEFAULT_DOMAIN) == 0 && !is_misleading(name))
		return xstrdup(name);
	return xasprintf("%s/%s", r->domain, r->path);
}

/* --- comparing --- */

/* Without the "library/" that Docker Hub's own images have, written or not. */
static struct span familiar_path(const struct view *v)
{
	struct span path = v->path;
	size_t prefix = strlen(LIBRARY);

	if (span_is(v->domain, DEFAULT_DOMAIN) && path.len > prefix &&
		memcmp(path.s, LIBRARY, prefix) == 0 &&
		!memchr(path.s + prefix, '/', path.len - prefix))
		return (struct span){ path.s + prefix, path.len - prefix };
	return path;
}

bool view_is_implied_localhost(const struct view *have, const struct view *wanted)
{
	return span_is(have->domain, "localhost") && !wanted->has_domain &&
	       span_equal(have->path, wanted->path);
}

bool view_same_repository(const struct view *a, const struct view *b)
{
	return span_equal(familiar_path(a), familiar_path(b)) && span_equal(a->domain, b->domain);
}

static struct span tag_or_latest(const struct view *v)
{
	return v->tag.s ? v->tag : (struct span){ "latest", strlen("latest") };
}

bool view_version_answers(const struct view *have, const struct view *wanted, enum image_match how)
{
	if (wanted->digest.s)
		return span_equal(have->digest, wanted->digest);
	if (!wanted->tag.s && how == IMAGE_MATCH_ANY_TAG)
		return true;
	return !have->digest.s && span_equal(tag_or_latest(have), tag_or_latest(wanted));
}

bool reference_answers(const char *have, const char *wanted, enum image_match how)
{
	struct view h = view_of(have), w = view_of(wanted);

	return view_same_repository(&h, &w) && view_version_answers(&h, &w, how);
}
