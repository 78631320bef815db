/* base/id.c - bytes of the kernel as hexadecimal digits. */
#include "base/id.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/util.h"

/* Waits only in the first moments after boot, until the kernel has collected enough. */
static void random_bytes(void *to, size_t len)
{
	unsigned char *p = to;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		assert(n > 0 || errno == EINTR);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

void id_random_hex(char *ret, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	random_bytes(ret, n);
	for (size_t i = 0; i < n; i++)
		ret[i] = digits[ret[i] & 15];
	ret[n] = '\0';
}

void id_new(char ret_id[ID_HEX_LEN + 1])
{
	do {
		id_random_hex(ret_id, ID_HEX_LEN);
	} while (strspn(ret_id, "0123456789") >= 12);
}

/* Pauses are spread by the thousand a minute: the kernel is asked for many numbers at once. */
static uint64_t random_number(void)
{
	static _Thread_local uint64_t numbers[32];
	static _Thread_local size_t left;

	if (left == 0) {
		random_bytes(numbers, sizeof(numbers));
		left = ARRAY_SIZE(numbers);
	}
	return numbers[--left];
}

uint64_t random_below(uint64_t bound)
{
	uint64_t value;
	/* values under this would make the small remainders likelier */
	uint64_t first_fair = bound ? -bound % bound : 0;

	assert(bound > 0);
	do {
		value = random_number();
	} while (value < first_fair);
	return value % bound;
}

bool id_is_hex(const char *s, size_t min_len)
{
	size_t len = 0;

	while (isxdigit((unsigned char)s[len]))
		len++;
	return s[len] == '\0' && len >= min_len;
}
