/* rows.c - writes each table's rows from the organisation in gen.c. */
#include "rows.h"

#include "row.h"
#include "words.h"

#define DAY_US (INT64_C(86400) * 1000000)

#define USERS_START_US    (SEED_START_US - 730 * DAY_US) /* people join for a year and a half, */
#define USERS_SPAN_US     (540 * DAY_US)
#define PROJECTS_START_US (SEED_START_US - 184 * DAY_US) /* then projects are founded, */
#define PROJECTS_SPAN_US  (150 * DAY_US)                 /* then work begins */

/* A time within the key's own slot of a period that n keys share, so times rise with keys. */
static int64_t slot_time(int64_t start_us, int64_t span_us, uint64_t n, uint64_t key,
			 struct rand *rand)
{
	int64_t slot = span_us / (int64_t)n;

	return start_us + slot * (int64_t)(key - 1) + (int64_t)rand_below(rand, (uint64_t)slot);
}

/* People leave and projects close in the day after the data's end, so that nothing they did comes
 * later. 0: they stay. */
static int64_t draw_end(unsigned per_100, struct rand *rand)
{
	if (rand_below(rand, 100) >= per_100)
		return 0;
	return SEED_END_US + (int64_t)rand_below(rand, DAY_US);
}

static void begin(struct rows *rows, unsigned fields)
{
	row_begin(rows->out, fields);
	rows->written++;
}

/* users ---------------------------------------------------------------------------------------- */

/* The address: lower-case letters of the name, and the id that makes it unique. */
static void put_email(struct buf *out, const char *first, const char *last, uint64_t id)
{
	size_t field = row_text_begin(out);

	for (const char *part = first; part; part = part == first ? last : NULL) {
		for (const char *c = part; *c; c++) {
			if (*c >= 'A' && *c <= 'Z')
				buf_putc(out, (char)(*c - 'A' + 'a'));
			else if (*c >= 'a' && *c <= 'z')
				buf_putc(out, *c);
		}
		buf_putc(out, '.');
	}
	buf_u64(out, id);
	buf_puts(out, "@example.com");
	row_text_end(out, field);
}

static void write_user(struct rows *rows, uint64_t key)
{
	static const char *const ROLES[] = {[GEN_ROLE_ADMIN] = "admin",
					    [GEN_ROLE_MEMBER] = "member",
					    [GEN_ROLE_VIEWER] = "viewer"};
	const struct gen *gen = rows->gen;
	struct rand rand;
	const char *first, *last;
	int64_t created, disabled;
	size_t field;

	gen_rand(gen, GEN_STREAM_PROFILE, key, &rand);
	first = words_at(&WORDS_FIRST_NAMES, rand_below(&rand, WORDS_FIRST_NAMES.count));
	last = words_at(&WORDS_LAST_NAMES, rand_below(&rand, WORDS_LAST_NAMES.count));
	created = slot_time(USERS_START_US, USERS_SPAN_US, gen->users, key, &rand);
	disabled = key == 1 ? 0 : draw_end(3, &rand);
	begin(rows, 8);
	row_i64(rows->out, (int64_t)key);
	put_email(rows->out, first, last, key);
	field = row_text_begin(rows->out);
	buf_puts(rows->out, first);
	buf_putc(rows->out, ' ');
	buf_puts(rows->out, last);
	row_text_end(rows->out, field);
	row_text(rows->out, ROLES[gen_user_role(gen, (uint32_t)key)]);
	row_time_or_null(rows->out, disabled);
	row_time(rows->out, created);
	row_time(rows->out, disabled ? disabled : created);
	row_i32(rows->out, disabled ? 2 : 1);
}

static void write_profile(struct rows *rows, uint64_t key)
{
	struct rand rand;
	size_t field;

	gen_rand(rows->gen, GEN_STREAM_PROFILE, key + UINT32_MAX, &rand);
	begin(rows, 4);
	row_i64(rows->out, (int64_t)key);
	field = row_text_begin(rows->out);
	if (rand_below(&rand, 100) < 40)
		words_sentence(rows->out, &rows->gen->zipf, &rand);
	row_text_end(rows->out, field);
	row_text(rows->out, words_at(&WORDS_TIME_ZONES,
				     zipf_pick(&rows->gen->zipf, WORDS_TIME_ZONES.count, &rand)));
	row_text(rows->out,
		 words_at(&WORDS_LOCALES, zipf_pick(&rows->gen->zipf, WORDS_LOCALES.count, &rand)));
}

/* projects ------------------------------------------------------------------------------------- */

static int64_t project_created(const struct gen *gen, uint64_t key, struct rand *rand)
{
	gen_rand(gen, GEN_STREAM_PROJECT, key, rand);
	return slot_time(PROJECTS_START_US, PROJECTS_SPAN_US, gen->projects, key, rand);
}

static void write_project(struct rows *rows, uint64_t key)
{
	const struct gen *gen = rows->gen;
	struct rand rand;
	int64_t created = project_created(gen, key, &rand);
	/* The larger half stays open. */
	int64_t archived = gen->project_rank[key] < gen->projects / 2 ? 0 : draw_end(16, &rand);
	size_t n, field;

	begin(rows, 8);
	row_i64(rows->out, (int64_t)key);
	field = row_text_begin(rows->out);
	buf_puts(rows->out, words_at(&WORDS_PROJECT_KINDS, rand_u64(&rand)));
	buf_putc(rows->out, ' ');
	buf_puts(rows->out, words_at(&WORDS_PROJECT_NAMES, rand_u64(&rand)));
	buf_putc(rows->out, ' ');
	buf_u64(rows->out, key);
	row_text_end(rows->out, field);
	field = row_text_begin(rows->out);
	words_sentence(rows->out, &gen->zipf, &rand);
	row_text_end(rows->out, field);
	row_i64(rows->out, gen_members(gen, (uint32_t)key, &n)[0]);
	row_time_or_null(rows->out, archived);
	row_time(rows->out, created);
	row_time(rows->out, archived ? archived : created);
	row_i32(rows->out, archived ? 2 : 1);
}

static void write_members(struct rows *rows, uint64_t key)
{
	struct rand rand;
	int64_t founded = project_created(rows->gen, key, &rand);
	size_t n;
	const uint32_t *members = gen_members(rows->gen, (uint32_t)key, &n);

	for (size_t i = 0; i < n; i++) {
		uint64_t role = rand_below(&rand, 100);
		uint64_t joined = rand_below(&rand, (uint64_t)(SEED_START_US - founded));

		begin(rows, 4);
		row_i64(rows->out, (int64_t)key);
		row_i64(rows->out, members[i]);
		row_text(rows->out, i == 0 || role < 10 ? "maintainer"
				    : role < 85         ? "contributor"
							: "observer");
		row_time(rows->out, i == 0 ? founded : founded + (int64_t)joined);
	}
}

/* tags ----------------------------------------------------------------------------------------- */

static void write_tag(struct rows *rows, uint64_t key)
{
	static const char HEX[] = "0123456789abcdef";
	uint64_t area = key - 1 - WORDS_TAGS.count; /* read only where it does not wrap */
	struct rand rand;
	size_t field;

	gen_rand(rows->gen, GEN_STREAM_TAG, key, &rand);
	begin(rows, 5);
	row_i64(rows->out, (int64_t)key);
	field = row_text_begin(rows->out);
	if (key <= WORDS_TAGS.count) {
		buf_puts(rows->out, words_at(&WORDS_TAGS, key - 1));
	} else {
		buf_puts(rows->out, words_at(&WORDS_TAG_AREAS, area / WORDS_TAG_PARTS.count));
		buf_putc(rows->out, '-');
		buf_puts(rows->out, words_at(&WORDS_TAG_PARTS, area));
	}
	row_text_end(rows->out, field);
	field = row_text_begin(rows->out);
	buf_putc(rows->out, '#');
	for (int i = 0; i < 6; i++)
		buf_putc(rows->out, HEX[rand_below(&rand, 16)]);
	row_text_end(rows->out, field);
	row_time(rows->out, slot_time(USERS_START_US, USERS_SPAN_US, GEN_TAGS, key, &rand));
	row_i32(rows->out, 1);
}

/* tasks ---------------------------------------------------------------------------------------- */

/* Half have none, most of the rest a few sentences, one in a thousand pages (stored out of line).
 */
static void put_description(struct rows *rows, struct rand *rand)
{
	uint64_t draw = rand_below(rand, 1000);
	uint64_t sentences = draw < 500   ? 0
			     : draw < 979 ? 1 + rand_below(rand, 4)
			     : draw < 999 ? 8 + rand_below(rand, 20)
					  : 80 + rand_below(rand, 100);
	size_t field = row_text_begin(rows->out);

	for (uint64_t i = 0; i < sentences; i++) {
		if (i > 0)
			buf_putc(rows->out, i % 6 == 0 ? '\n' : ' ');
		words_sentence(rows->out, &rows->gen->zipf, rand);
	}
	row_text_end(rows->out, field);
}

/* Keys of falling frequency: source 3/4 of the tasks (email a tenth of these), estimate_hours a
 * third, customer 4 % (by a power law), incident 1 % (unique), flagged 0.1 %. team follows
 * from the project. */
static void put_metadata(struct rows *rows, const struct gen_task *task, struct rand *rand)
{
	static const char *const SOURCES[] = {"web", "web", "web", "web",   "web",
					      "api", "api", "api", "email", "import"};
	struct buf *out = rows->out;
	size_t field = row_jsonb_begin(out);

	if (rand_below(rand, 4) == 0) {
		buf_puts(out, "{}");
		row_text_end(out, field);
		return;
	}
	buf_puts(out, "{\"source\":\"");
	buf_puts(out, SOURCES[rand_below(rand, 10)]);
	buf_puts(out, "\",\"team\":\"team-");
	buf_u64(out, 1 + task->project_id % 12);
	buf_putc(out, '"');
	if (rand_below(rand, 100) < 44) {
		buf_puts(out, ",\"estimate_hours\":");
		buf_u64(out, 1 + rand_below(rand, 40));
	}
	if (rand_below(rand, 1000) < 53) {
		buf_puts(out, ",\"customer\":\"c-");
		buf_u64(out, 1 + zipf_pick(&rows->gen->zipf, GEN_CUSTOMERS, rand));
		buf_putc(out, '"');
	}
	if (rand_below(rand, 1000) < 13) {
		buf_puts(out, ",\"incident\":\"INC-");
		buf_u64(out, task->id);
		buf_putc(out, '"');
	}
	if (rand_below(rand, 1000) == 0)
		buf_puts(out, ",\"flagged\":true");
	buf_putc(out, '}');
	row_text_end(out, field);
}

static void write_task(struct rows *rows, uint64_t key)
{
	struct gen_task task;
	struct rand rand;
	size_t field;

	gen_task(rows->gen, key, &task);
	gen_rand(rows->gen, GEN_STREAM_TASK_TEXT, key, &rand);
	begin(rows, 14);
	row_i64(rows->out, (int64_t)task.id);
	row_i64(rows->out, task.project_id);
	row_i64_or_null(rows->out, task.assignee_id);
	row_i64(rows->out, task.reporter_id);
	row_time(rows->out, task.created_us);
	row_time(rows->out, task.updated_us);
	row_time_or_null(rows->out, task.due_us);
	row_time_or_null(rows->out, task.completed_us);
	row_i32(rows->out, task.version);
	row_i16(rows->out, task.priority);
	row_text(rows->out, gen_status_name(task.status));
	field = row_text_begin(rows->out);
	words_title(rows->out, &rows->gen->zipf, &rand);
	row_text_end(rows->out, field);
	put_description(rows, &rand);
	put_metadata(rows, &task, &rand);
}

/* A general tag now and then, else one of the six that the project likes, all by a power law. */
static uint64_t draw_tag(const struct gen *gen, uint32_t project_id, struct rand *rand)
{
	uint64_t own = GEN_TAGS - WORDS_TAGS.count;

	if (rand_below(rand, 100) < 45)
		return 1 + zipf_pick(&gen->zipf, WORDS_TAGS.count, rand);
	return 1 + WORDS_TAGS.count +
	       (project_id * UINT64_C(2654435761) + zipf_pick(&gen->zipf, 6, rand)) % own;
}

static void write_task_tags(struct rows *rows, uint64_t key)
{
	uint64_t tags[4];
	size_t n, count = 0;
	struct gen_task task;
	struct rand rand;
	uint64_t draw;

	gen_rand(rows->gen, GEN_STREAM_TASK_TAGS, key, &rand);
	draw = rand_below(&rand, 100);
	n = draw < 35 ? 0 : draw < 65 ? 1 : draw < 85 ? 2 : draw < 95 ? 3 : 4;
	if (n == 0)
		return;
	gen_task(rows->gen, key, &task);
	while (count < n) {
		uint64_t tag = draw_tag(rows->gen, task.project_id, &rand);
		size_t i = 0;

		while (i < count && tags[i] != tag)
			i++;
		if (i < count)
			continue;
		tags[count++] = tag;
		begin(rows, 2);
		row_i64(rows->out, (int64_t)key);
		row_i64(rows->out, (int64_t)tag);
	}
}

/* Most tasks have no comment; one in a thousand has dozens. The mean is about 0.8. */
static uint64_t draw_comment_count(struct rand *rand)
{
	uint64_t draw = rand_below(rand, 1000);

	return draw < 700   ? 0
	       : draw < 850 ? 1
	       : draw < 920 ? 2
	       : draw < 960 ? 3 + rand_below(rand, 2)
	       : draw < 990 ? 5 + rand_below(rand, 3)
	       : draw < 999 ? 8 + rand_below(rand, 8)
			    : 20 + rand_below(rand, 101);
}

static void write_comments(struct rows *rows, uint64_t key)
{
	struct gen_task task;
	struct rand rand;
	const uint32_t *members;
	uint64_t n;
	size_t member_count;
	int64_t step, at;

	gen_rand(rows->gen, GEN_STREAM_COMMENTS, key, &rand);
	n = draw_comment_count(&rand);
	if (n == 0)
		return;
	gen_task(rows->gen, key, &task);
	members = gen_members(rows->gen, task.project_id, &member_count);
	at = task.created_us;
	/* Spread over the task's history, or the rest of the time where nothing else happened. */
	step = ((task.event_count ? task.updated_us : SEED_END_US) - at) / (int64_t)n;
	for (uint64_t i = 0; i < n; i++) {
		int64_t when = at + 1 + (int64_t)rand_below(&rand, (uint64_t)step - 1);
		uint64_t sentences = 1 + zipf_pick(&rows->gen->zipf, 5, &rand);
		size_t field;

		begin(rows, 7);
		row_i64(rows->out, rows->next_id++);
		row_i64(rows->out, (int64_t)key);
		row_i64(rows->out, members[zipf_pick(&rows->gen->zipf, member_count, &rand)]);
		field = row_text_begin(rows->out);
		while (sentences-- > 0) {
			words_sentence(rows->out, &rows->gen->zipf, &rand);
			if (sentences > 0)
				buf_putc(rows->out, ' ');
		}
		row_text_end(rows->out, field);
		row_time(rows->out, when);
		row_time(rows->out, when);
		row_i32(rows->out, 1);
		at += step;
	}
}

static void put_changes(struct buf *out, const struct gen_event *event)
{
	size_t field = row_jsonb_begin(out);

	switch (event->change) {
	case GEN_ASSIGNED:
		buf_puts(out, "{\"assignee_id\":[null,");
		buf_i64(out, event->new_value);
		break;
	case GEN_PRIORITISED:
		buf_puts(out, "{\"priority\":[");
		buf_i64(out, event->old_value);
		buf_putc(out, ',');
		buf_i64(out, event->new_value);
		break;
	case GEN_STATUS_CHANGED:
		buf_puts(out, "{\"status\":[\"");
		buf_puts(out, gen_status_name((enum gen_status)event->old_value));
		buf_puts(out, "\",\"");
		buf_puts(out, gen_status_name((enum gen_status)event->new_value));
		buf_putc(out, '"');
		break;
	}
	buf_puts(out, "]}");
	row_text_end(out, field);
}

/* The history of the task itself; comments and tags of seeded tasks have no events. */
static void write_task_events(struct rows *rows, uint64_t key)
{
	struct gen_task task;
	size_t field;

	gen_task(rows->gen, key, &task);
	begin(rows, 6);
	row_i64(rows->out, rows->next_id++);
	row_i64(rows->out, (int64_t)key);
	row_i64(rows->out, task.reporter_id);
	row_text(rows->out, "created");
	field = row_jsonb_begin(rows->out);
	buf_puts(rows->out, "{}");
	row_text_end(rows->out, field);
	row_time(rows->out, task.created_us);
	for (size_t i = 0; i < task.event_count; i++) {
		begin(rows, 6);
		row_i64(rows->out, rows->next_id++);
		row_i64(rows->out, (int64_t)key);
		row_i64(rows->out, task.events[i].actor_id);
		row_text(rows->out, "updated");
		put_changes(rows->out, &task.events[i]);
		row_time(rows->out, task.events[i].at_us);
	}
}

/* The table of tables: a new one is a row here and its write function. */
/* clang-format off */
const struct rows_table ROWS_TABLES[SEED_TABLE_COUNT] = {
	{"users", "id, email, display_name, role, disabled_at, created_at, updated_at, version",
	 true, ROWS_PER_USER, 100, write_user},
	{"user_profiles", "user_id, bio, time_zone, locale",
	 false, ROWS_PER_USER, 100, write_profile},
	{"projects", "id, name, description, owner_id, archived_at, created_at, updated_at, version",
	 true, ROWS_PER_PROJECT, 100, write_project},
	{"project_members", "project_id, user_id, role, joined_at",
	 false, ROWS_PER_PROJECT, 1100, write_members},
	{"tags", "id, name, colour, created_at, version",
	 true, ROWS_PER_TAG, 100, write_tag},
	{"tasks", "id, project_id, assignee_id, reporter_id, created_at, updated_at, due_at, completed_at,"
	 " version, priority, status, title, description, metadata",
	 true, ROWS_PER_TASK, 100, write_task},
	{"task_tags", "task_id, tag_id",
	 false, ROWS_PER_TASK, 120, write_task_tags},
	{"comments", "id, task_id, author_id, body, created_at, updated_at, version",
	 true, ROWS_PER_TASK, 79, write_comments},
	{"task_events", "id, task_id, actor_id, kind, changes, at",
	 true, ROWS_PER_TASK, 228, write_task_events},
};
/* clang-format on */

uint64_t rows_keys(const struct gen *gen, const struct rows_table *table)
{
	switch (table->keys) {
	case ROWS_PER_USER:
		return gen->users;
	case ROWS_PER_PROJECT:
		return gen->projects;
	case ROWS_PER_TAG:
		return GEN_TAGS;
	case ROWS_PER_TASK:
		break;
	}
	return gen->tasks;
}
