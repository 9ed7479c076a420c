/* words.c - word lists, and titles and sentences made of them. */
#include "words.h"

/* clang-format off */
#define WORDS(...)                                                                                 \
	{.items = (const char *const[]){__VA_ARGS__},                                              \
	 .count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)}

/* Any change of a list changes the rows: raise SEED_GENERATOR in seed.h with it. */

const struct words WORDS_FIRST_NAMES = WORDS(
	"Ada", "Alan", "Amara", "Anders", "Anita", "Barbara", "Beatriz", "Bjarne", "Carmen", "Chen",
	"Dalia", "Dennis", "Edsger", "Elena", "Emeka", "Fatima", "Felix", "Frances", "Grace", "Hana",
	"Hedy", "Hiro", "Ines", "Ivan", "Jean", "Jo", "Karen", "Katherine", "Ken", "Leila", "Lena",
	"Linus", "Mads", "Margaret", "Mei", "Niklaus", "Noor", "Olga", "Omar", "Priya", "Radia",
	"Rosa", "Samir", "Shafi", "Sofia", "Tomás", "Vera", "Wanjiru", "Yukihiro", "Zoë");
const struct words WORDS_LAST_NAMES = WORDS(
	"Abara", "Allen", "Bartik", "Becker", "Castro", "Clarke", "Dahl", "Diaz", "Eriksen", "Farouk",
	"Fischer", "Garcia", "Goldberg", "Hamilton", "Haddad", "Hopper", "Ito", "Ivanova", "Jensen",
	"Kamau", "Kaur", "Kim", "Kovacs", "Larsen", "Lee", "Liskov", "Lopez", "Mbeki", "Moreau",
	"Müller", "Nakamura", "Novak", "Nygaard", "Okafor", "Olsen", "Patel", "Perlman", "Petrov",
	"Ritchie", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Sorensen", "Tanaka", "Thompson",
	"Wang", "Weber", "Wilkes");
const struct words WORDS_PROJECT_KINDS = WORDS(
	"Mobile", "Internal", "Public", "Legacy", "Cloud", "Partner", "Regional", "Global", "Core",
	"Field", "Secure", "Open", "Rapid", "Quiet", "Northern", "Southern");
const struct words WORDS_PROJECT_NAMES = WORDS(
	"Portal", "Ledger", "Gateway", "Atlas", "Beacon", "Compass", "Warehouse", "Payments",
	"Onboarding", "Storefront", "Telemetry", "Archive", "Scheduler", "Inventory", "Helpdesk",
	"Analytics", "Directory", "Migration", "Messenger", "Roadmap", "Billing", "Catalogue",
	"Logistics", "Observatory");
const struct words WORDS_TAGS = WORDS(
	"bug", "feature", "chore", "docs", "customer", "security", "performance", "regression",
	"design", "infra", "research", "test", "release", "tech-debt", "quick-win", "blocked", "ux",
	"mobile", "incident", "i18n");
const struct words WORDS_TAG_AREAS = WORDS(
	"billing", "search", "login", "export", "import", "reports", "email", "storage", "checkout",
	"profile", "admin", "sync", "audit", "api", "editor", "calendar", "upload", "webhook", "queue",
	"cache");
const struct words WORDS_TAG_PARTS = WORDS("backend", "frontend", "data", "ops");
const struct words WORDS_TIME_ZONES = WORDS(
	"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London", "Asia/Tokyo",
	"America/Sao_Paulo", "Africa/Nairobi", "Australia/Sydney", "Pacific/Auckland");
const struct words WORDS_LOCALES = WORDS(
	"en", "de", "en-GB", "fr", "es", "pt-BR", "ja", "hi", "sw", "nb");

static const struct words VERBS = WORDS(
	"Fix", "Add", "Update", "Review", "Improve", "Investigate", "Remove", "Document", "Test",
	"Refactor", "Migrate", "Automate", "Plan", "Rename", "Measure", "Replace", "Simplify",
	"Translate", "Benchmark", "Deprecate");
static const struct words ADJECTIVES = WORDS(
	"slow", "broken", "missing", "new", "old", "flaky", "wrong", "duplicate", "empty", "stale",
	"unsafe", "noisy", "large", "partial", "hidden", "confusing", "unused", "daily", "weekly",
	"asynchronous", "naïve", "redundant", "intermittent", "obsolete");
static const struct words NOUNS = WORDS(
	"login page", "report", "query", "index", "error message", "invoice", "export", "button",
	"dashboard", "email template", "test", "form", "cache", "upload", "filter", "search box",
	"notification", "migration", "permission check", "session", "timeout", "retry", "backup",
	"column", "webhook", "translation", "avatar", "certificate", "rate limit", "log line",
	"feature flag", "pagination", "import job", "queue consumer", "summary", "tooltip",
	"onboarding step", "discount rule", "currency rounding", "façade", "checksum", "heartbeat",
	"changelog", "deadlock", "tombstone", "watermark", "shard map", "bloom filter");
static const struct words AREAS = WORDS(
	"billing", "search", "checkout", "the API", "the mobile app", "reports", "the admin area",
	"onboarding", "the importer", "email delivery", "the editor", "storage", "the calendar",
	"user profiles", "the audit trail", "the scheduler", "webhooks", "the warehouse", "the gateway",
	"analytics");
static const struct words OPENINGS = WORDS(
	"We saw the", "A customer reported the", "This is about the", "Please look into the",
	"This depends on the", "The last release brought the", "Nobody owns the",
	"Support asked about the", "I can reproduce the", "The nightly run showed the");
static const struct words ENDINGS = WORDS(
	"again", "since the last release", "on every second request", "when two people edit at once",
	"only in production", "and it can wait", "before the end of the quarter", "with large accounts",
	"after the upgrade", "but only on Mondays");
static const struct words SYLLABLES = WORDS(
	"kel", "vo", "mar", "ti", "zun", "ra", "bex", "lo", "qui", "dro", "nam", "phe", "gos", "wyn",
	"ja", "rul", "cem", "thu", "ska", "pli");
/* clang-format on */

const char *words_at(const struct words *words, uint64_t index)
{
	return words->items[index % words->count];
}

static const char *pick(const struct words *words, const struct zipf *zipf, struct rand *rand)
{
	return words->items[zipf_pick(zipf, words->count, rand)];
}

void words_rare(struct buf *out, struct rand *rand)
{
	for (int i = 0; i < 3; i++)
		buf_puts(out, words_at(&SYLLABLES, rand_below(rand, SYLLABLES.count)));
}

void words_title(struct buf *out, const struct zipf *zipf, struct rand *rand)
{
	buf_puts(out, pick(&VERBS, zipf, rand));
	buf_putc(out, ' ');
	if (rand_below(rand, 100) < 70) {
		buf_puts(out, pick(&ADJECTIVES, zipf, rand));
		buf_putc(out, ' ');
	}
	buf_puts(out, pick(&NOUNS, zipf, rand));
	if (rand_below(rand, 100) < 60) {
		buf_puts(out, " in ");
		buf_puts(out, pick(&AREAS, zipf, rand));
	}
	if (rand_below(rand, 100) < 3) {
		buf_puts(out, " for ");
		words_rare(out, rand);
	}
}

void words_sentence(struct buf *out, const struct zipf *zipf, struct rand *rand)
{
	buf_puts(out, words_at(&OPENINGS, rand_below(rand, OPENINGS.count)));
	buf_putc(out, ' ');
	buf_puts(out, pick(&ADJECTIVES, zipf, rand));
	buf_putc(out, ' ');
	buf_puts(out, pick(&NOUNS, zipf, rand));
	buf_puts(out, " in ");
	buf_puts(out, pick(&AREAS, zipf, rand));
	buf_putc(out, ' ');
	buf_puts(out, words_at(&ENDINGS, rand_below(rand, ENDINGS.count)));
	buf_putc(out, '.');
}
