/* verify.c - one proof of a lab: its broken state, its fixes right and wrong, its teardown. */
#include <tasklab/lab/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/lab/history.h>
#include <tasklab/lab/learner.h>

#include "appraisal.h"
#include "web_phase.h"

#define TEARDOWN_MS INT64_C(5000) /* a session ends a moment after its client */
#define POLL_NS     (20 * CLOCK_NS_PER_MS)

static const char SQL_VERIFY_LEFT[] =
	"SELECT coalesce(string_agg(x, ', '), '') FROM ("
	" SELECT 'the database ' || datname AS x FROM pg_database WHERE datname IN ($1, $2)"
	" UNION ALL SELECT 'session ' || pid || ' (' || application_name || ')'"
	" FROM pg_stat_activity WHERE datname IN ($1, $2)"
	" OR application_name IN ('tasklab ' || $1, 'tasklab ' || $2) AND pid <> pg_backend_pid())"
	" l";

/* What is tried. */
struct attempt {
	const char *kind; /* "trap" */
	size_t number;    /* 0: the only one */
	const char *sql, *statement;
	bool right; /* it has to reach the pass mark; else to stay below */
};

struct verify {
	const struct verify_options *options;
	struct site *site;
	struct appraiser *appraiser;
	struct quiz_answers answers;
	struct verify_result *result;
	char *noted;
};

/* Rows ----------------------------------------------------------------------------------------- */

static struct verify_row *add_row(struct verify *verify, const char *kind, size_t number)
{
	struct verify_row *row = &verify->result->rows[verify->result->row_count++];

	row->score = -1;
	if (number > 0)
		(void)snprintf(row->what, sizeof(row->what), "%s %zu", kind, number);
	else
		(void)snprintf(row->what, sizeof(row->what), "%s", kind);
	return row;
}

/* The losses of the grade, as far as they fit. */
static void write_losses(const struct grade *grade, struct verify_row *row)
{
	size_t at = strlen(row->reason);

	for (size_t i = 0; i < grade->loss_count && at < sizeof(row->reason); i++)
		at += (size_t)snprintf(row->reason + at, sizeof(row->reason) - at, "%s%s",
				       at ? "; " : "", grade->losses[i].reason);
}

static void judge(const struct attempt *attempt, const struct grade *grade, struct verify_row *row)
{
	row->score = grade->score;
	row->holds = grade->passed == attempt->right;
	if (!row->holds && !attempt->right)
		(void)snprintf(row->reason, sizeof(row->reason),
			       "it reaches the pass mark, and must not");
	if (!row->holds || attempt->right)
		write_losses(grade, row);
}

/* Attempts ------------------------------------------------------------------------------------- */

/* A statement alone changes nothing in the database, so the reference serves, unless the workload
 * leaves traces that a clean-up cannot take away. */
static bool on_reference(const struct verify *verify, const struct attempt *attempt)
{
	return !attempt->sql && !verify->site->lab->cleanup_sql;
}

static int appraise_at(struct verify *verify, const struct attempt *attempt, struct stand *stand,
		       const char *label, struct appraisal **ret, struct err *err)
{
	const struct lab *lab = verify->site->lab;
	const struct appraisal_task task = {.stand = stand,
					    .label = label,
					    .name = label,
					    .statement = attempt->statement ? attempt->statement
									    : lab->slow_sql,
					    .answers = &verify->answers,
					    .may_fail = !attempt->right};

	return appraise(verify->appraiser, &task, ret, err);
}

static int appraise_apart(struct verify *verify, const struct attempt *attempt, const char *label,
			  struct appraisal **ret, struct err *err)
{
	struct site *site = verify->site;
	AUTO(stand_closep) struct stand *stand = NULL;

	if (stand_build(site, site->database, STAND_BROKEN, &stand, err) < 0 ||
	    (attempt->sql && stand_script(stand, label, attempt->sql, err) < 0) ||
	    appraise_at(verify, attempt, stand, label, ret, err) < 0)
		return -1;
	return stand_drop(&stand, err);
}

/* Whether the lab is at fault, and not what surrounds it. */
static bool of_the_lab(const struct err *err)
{
	return err->code != ERR_UNAVAILABLE && err->code != ERR_NO_MEMORY &&
	       err->code != ERR_TIMEOUT;
}

static int try_one(struct verify *verify, const struct attempt *attempt, struct err *err)
{
	struct verify_row *row = add_row(verify, attempt->kind, attempt->number);
	AUTO(appraisal_freep) struct appraisal *appraisal = NULL;
	int64_t begin_ns = clock_mono_ns();
	struct err why = ERR_INIT;
	int code;

	if (on_reference(verify, attempt))
		code = appraise_at(verify, attempt, verify->appraiser->reference, row->what,
				   &appraisal, &why);
	else
		code = appraise_apart(verify, attempt, row->what, &appraisal, &why);
	row->ns = clock_mono_ns() - begin_ns;
	if (code == 0) {
		judge(attempt, appraisal->grade, row);
		return 0;
	}
	if (of_the_lab(&why)) {
		(void)snprintf(row->reason, sizeof(row->reason), "%.250s (%.300s)", why.message,
			       why.detail);
		return site_drop(verify->site, verify->site->database, err);
	}
	return err_pass(err, &why);
}

static int try_list(struct verify *verify, const char *kind, const struct lab_attempt *list,
		    size_t n, bool right, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct attempt attempt = {.kind = kind,
						.number = i + 1,
						.sql = list[i].sql,
						.statement = list[i].statement,
						.right = right};

		if (try_one(verify, &attempt, err) < 0)
			return -1;
	}
	return 0;
}

/* The broken state against itself: not all of the evidence may hold. */
static int try_broken(struct verify *verify, struct err *err)
{
	const struct attempt attempt = {.statement = NULL};
	struct verify_row *row = add_row(verify, "broken", 0);
	AUTO(appraisal_freep) struct appraisal *appraisal = NULL;
	int64_t begin_ns = clock_mono_ns();

	if (appraise_at(verify, &attempt, verify->appraiser->reference, row->what, &appraisal,
			err) < 0)
		return -1;
	row->ns = clock_mono_ns() - begin_ns;
	row->holds = appraisal->after &&
		     appraisal->grade->points[GRADE_FIX] < grade_part_points(GRADE_FIX);
	if (!appraisal->after)
		(void)snprintf(row->reason, sizeof(row->reason), "%s", appraisal->failed);
	else if (!row->holds)
		(void)snprintf(row->reason, sizeof(row->reason),
			       "all evidence holds although nothing was mended");
	else if (appraisal->after->differing > 0)
		(void)snprintf(row->reason, sizeof(row->reason),
			       "the same statement answers otherwise the second time");
	row->holds = row->holds && !*row->reason;
	return 0;
}

static int try_all(struct verify *verify, struct err *err)
{
	const struct lab *lab = verify->site->lab;
	const struct attempt fix = {
		.kind = "fix", .sql = lab->fix_sql, .statement = lab->fast_sql, .right = true};

	if (try_broken(verify, err) < 0 || try_one(verify, &fix, err) < 0 ||
	    try_list(verify, "trap", lab->traps, lab->trap_count, false, err) < 0)
		return -1;
	return try_list(verify, "alternative", lab->alternatives, lab->alternative_count, true,
			err);
}

/* The whole ------------------------------------------------------------------------------------ */

static uint64_t steps(const struct lab *lab)
{
	size_t attempts = 1 + lab->trap_count + lab->alternative_count; /* the fix is one */

	return appraiser_steps(lab) + attempts * STAND_STEPS +
	       (1 + attempts) * appraisal_steps(lab);
}

static int verify_on(struct verify *verify, struct err *err)
{
	struct site *site = verify->site;
	int code;

	if (watch_note(site->guard, &verify->noted, err) < 0 || stand_prepare(site, err) < 0)
		return -1;
	progress_total(site->progress, steps(site->lab));
	if (appraiser_open(site, verify->noted, &verify->appraiser, err) < 0)
		return -1;
	code = try_all(verify, err);
	appraiser_closep(&verify->appraiser);
	return code;
}

static int left_behind(struct db_conn *guard, const char *slug, char *out, size_t size,
		       struct err *err)
{
	char database[GUARD_NAME_SIZE], reference[GUARD_NAME_SIZE];
	int64_t deadline_ns = clock_mono_ns() + TEARDOWN_MS * CLOCK_NS_PER_MS;

	guard_lab_database(slug, database);
	guard_reference_database(slug, reference);
	for (;;) {
		AUTO(db_result_freep) struct db_result *rows = NULL;

		if (db_conn_query(guard, SQL_VERIFY_LEFT,
				  DB_ARGS(db_text(database), db_text(reference)), &rows, err) < 0)
			return -1;
		(void)snprintf(out, size, "%s", db_get_text(rows, 0, 0));
		if (!*out || clock_mono_ns() >= deadline_ns)
			return 0;
		clock_sleep_until(clock_mono_ns() + POLL_NS);
	}
}

/* No database, no session, no setting. */
static int check_teardown(struct verify *verify, struct err *err)
{
	struct verify_row *row = add_row(verify, "teardown", 0);
	AUTO(db_conn_closep) struct db_conn *guard = NULL;
	AUTO(freep) struct watch_change *changes = NULL;
	char left[400];
	size_t n = 0;

	if (guard_open(verify->options->conninfo, "verify", &guard, err) < 0 ||
	    left_behind(guard, verify->options->lab->slug, left, sizeof(left), err) < 0 ||
	    (verify->noted && watch_compare(guard, verify->noted, &changes, &n, err) < 0))
		return -1;
	row->holds = !*left && n == 0;
	if (*left)
		(void)snprintf(row->reason, sizeof(row->reason), "left behind: %s", left);
	else if (n > 0)
		(void)snprintf(row->reason, sizeof(row->reason),
			       "left behind: the setting %s of the %s", changes[0].name,
			       changes[0].where);
	return 0;
}

static void store(const struct verify_options *options, const struct verify_result *result,
		  int64_t started_us)
{
	struct history_run row = {.id = options->run_id,
				  .kind = "verify",
				  .started_us = started_us,
				  .finished_us = clock_real_us()};

	(void)snprintf(row.slug, sizeof(row.slug), "%s", options->lab->slug);
	(void)snprintf(row.scale, sizeof(row.scale), "%s", seed_scale_name(options->scale));
	(void)snprintf(row.verdict, sizeof(row.verdict), "%s", result->sound ? "passed" : "failed");
	for (size_t i = 0; i < result->row_count; i++) {
		if (strcmp(result->rows[i].what, "fix") == 0 && result->rows[i].score >= 0) {
			row.scored = true;
			row.score = result->rows[i].score;
		}
	}
	/* A proof is printed; that it is also remembered is a courtesy. */
	(void)history_store(options->conninfo, &row, NULL, NULL);
}

/* The site is open; afterwards it is not. */
static int prove(struct verify *verify, struct err *err)
{
	struct verify_result *result = verify->result;
	struct err why = ERR_INIT;
	int code = verify_on(verify, &why);

	if (code < 0 && of_the_lab(&why)) {
		struct verify_row *row = add_row(verify, "scripts", 0);

		(void)snprintf(row->reason, sizeof(row->reason), "%.250s (%.300s)", why.message,
			       why.detail);
		code = 0;
	}
	if (site_close(&verify->site, code, &why) < 0)
		return err_pass(err, &why);
	if (check_teardown(verify, err) < 0)
		return -1;
	result->sound = true;
	for (size_t i = 0; i < result->row_count; i++)
		result->sound = result->sound && result->rows[i].holds;
	return 0;
}

static int verify_lab(struct verify *verify, struct err *err)
{
	const struct verify_options *options = verify->options;
	const struct site_options where = {.conninfo = options->conninfo,
					   .lab = options->lab,
					   .scale = options->scale,
					   .progress = options->progress,
					   .stop_fd = options->stop_fd};

	if (options->lab->workload.kind == LAB_WORKLOAD_HTTP && !web_lent()) {
		(void)snprintf(verify->result->skipped, sizeof(verify->result->skipped),
			       "it works over HTTP and needs the service: start it "
			       "(./sandbox up, docker compose up)");
		return 0;
	}
	if (learner_may_start(options->conninfo, options->lab->slug, true, err) < 0 ||
	    site_open(&where, &verify->site, err) < 0)
		return -1;
	if (*verify->site->skipped) {
		(void)snprintf(verify->result->skipped, sizeof(verify->result->skipped), "%s",
			       verify->site->skipped);
		return site_close(&verify->site, 0, err);
	}
	return prove(verify, err);
}

int lab_verify(const struct verify_options *options, struct verify_result **ret, struct err *err)
{
	AUTO(verify_result_freep) struct verify_result *result = calloc(1, sizeof(*result));
	const struct lab *lab = options->lab;
	struct verify verify = {
		.options = options, .answers = quiz_all_right(lab), .result = result};
	int64_t begin_ns = clock_mono_ns(), started_us = clock_real_us();
	struct err why = ERR_INIT;
	int code;

	if (!result)
		return err_no_memory(err);
	/* Broken, fix, scripts and teardown, beside traps and alternatives. */
	result->rows = calloc(4 + lab->trap_count + lab->alternative_count, sizeof(*result->rows));
	if (!result->rows)
		return err_no_memory(err);
	result->lab = lab;
	result->scale = options->scale;
	code = verify_lab(&verify, &why);
	free(verify.noted);
	if (code < 0)
		return err_pass(err, &why);
	result->ns = clock_mono_ns() - begin_ns;
	if (!*result->skipped)
		store(options, result, started_us);
	*ret = TAKE(result);
	return 0;
}

void verify_result_freep(struct verify_result **result)
{
	if (!*result)
		return;
	free((*result)->rows);
	free(*result);
	*result = NULL;
}
