/* quiz.c - the shown order of a quiz's choices, and answers to it. */
#include <tasklab/lab/quiz.h>

#include <stdio.h>
#include <string.h>

#include <tasklab/base/text.h>

/* Fisher and Yates' shuffle (Knuth, The Art of Computer Programming 2, algorithm P), its draws
 * taken from the hash. */
static void shuffle(const struct lab *lab, size_t question, size_t order[LAB_CHOICES])
{
	char seed[LAB_SLUG_MAX + 32];
	int len = snprintf(seed, sizeof(seed), "quiz %.*s %zu", LAB_SLUG_MAX, lab->slug, question);
	uint64_t hash = text_hash64(seed, (size_t)len);

	for (size_t i = 0; i < LAB_CHOICES; i++)
		order[i] = i;
	/* The low bits of FNV-1a mix least. */
	hash ^= hash >> 32;
	for (size_t i = LAB_CHOICES - 1; i > 0; i--) {
		size_t j = (size_t)(hash % (i + 1)), kept = order[i];

		hash /= i + 1;
		order[i] = order[j];
		order[j] = kept;
	}
}

const struct lab_choice *quiz_choice(const struct lab *lab, size_t question, int number)
{
	size_t order[LAB_CHOICES];

	shuffle(lab, question, order);
	return &lab->quiz[question].choices[order[number - 1]];
}

int quiz_right(const struct lab *lab, size_t question)
{
	int number = 1;

	while (number < LAB_CHOICES && !quiz_choice(lab, question, number)->right)
		number++;
	return number;
}

struct quiz_answers quiz_all_right(const struct lab *lab)
{
	struct quiz_answers all = {{0}};

	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++)
		all.chosen[i] = quiz_right(lab, i);
	return all;
}

static int malformed(const struct lab *lab, const char *text, struct err *err)
{
	return err_field(err, ERR_INVALID, "answer",
			 "expected %zu number%s of 1 to %d%s, one a question, found \"%.40s\"",
			 lab->quiz_count, lab->quiz_count == 1 ? "" : "s", LAB_CHOICES,
			 lab->quiz_count == 1 ? "" : " with commas between", text);
}

int quiz_parse(const struct lab *lab, const char *text, struct quiz_answers *ret, struct err *err)
{
	struct quiz_answers answers = {{0}};
	const char *at = text;

	for (size_t i = 0; i < lab->quiz_count && i < QUIZ_MAX; i++) {
		if (i > 0 && *at++ != ',')
			return malformed(lab, text, err);
		if (*at < '1' || *at > '0' + LAB_CHOICES)
			return malformed(lab, text, err);
		answers.chosen[i] = *at++ - '0';
	}
	if (*at != '\0')
		return malformed(lab, text, err);
	*ret = answers;
	return 0;
}
