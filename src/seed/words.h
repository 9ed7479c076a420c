/* words.h - the vocabulary of the made-up texts: common words, rare words, names. */
#ifndef TASKLAB_SEED_WORDS_H
#define TASKLAB_SEED_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/rand.h>

#include "zipf.h"

struct words {
	const char *const *items;
	size_t count;
};

extern const struct words WORDS_FIRST_NAMES, WORDS_LAST_NAMES;
extern const struct words WORDS_PROJECT_KINDS, WORDS_PROJECT_NAMES;
extern const struct words WORDS_TAGS, WORDS_TAG_AREAS, WORDS_TAG_PARTS;
extern const struct words WORDS_TIME_ZONES, WORDS_LOCALES;

const char *words_at(const struct words *words, uint64_t index); /* index modulo the count */
/* One of 8,000 words that no list holds, "kelvomar": for searches that match little. */
void words_rare(struct buf *out, struct rand *rand);
/* "Fix slow login page in billing": earlier words of each list come far more often. */
void words_title(struct buf *out, const struct zipf *zipf, struct rand *rand);
/* "We saw the slow login page in billing after the last release." */
void words_sentence(struct buf *out, const struct zipf *zipf, struct rand *rand);

#endif
