/*
 * base/map.c - SipHash-1-3 (Aumasson, Bernstein): fast on short keys and hard to steer without
 * the secret.
 */
#include "base/map.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/id.h"

static uint64_t secret[2];

__attribute__((constructor)) static void choose_secret(void)
{
	secret[0] = random_below(UINT64_MAX);
	secret[1] = random_below(UINT64_MAX);
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* Up to eight bytes as a little-endian number. */
static uint64_t load(const unsigned char *p, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, p, len);
	return le64toh(word);
}

unsigned map_hash(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t last = (uint64_t)len << 56;
	uint64_t v[4] = {
		secret[0] ^ 0x736f6d6570736575,
		secret[1] ^ 0x646f72616e646f6d,
		secret[0] ^ 0x6c7967656e657261,
		secret[1] ^ 0x7465646279746573,
	};

	for (; len >= 8; p += 8, len -= 8)
		sip_word(v, load(p, 8));
	sip_word(v, last | load(p, len));
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return (unsigned)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}
