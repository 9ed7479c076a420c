/* cmd_doctor.c - tasklab doctor: what is wrong with this set-up, and how to mend it. */
#include <stdio.h>

#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>

#include "doctor.h"

#define OUTPUT_MAX (1u << 20)

static const struct {
	const char *name;
	enum term_style style;
} LEVELS[] = {
	[DOCTOR_OK] = {"ok", TERM_GREEN},
	[DOCTOR_SKIP] = {"skip", TERM_DIM},
	[DOCTOR_WARN] = {"warn", TERM_YELLOW},
	[DOCTOR_FAIL] = {"fail", TERM_RED},
};

static void print_finding(const char *name, const struct doctor_finding *finding)
{
	printf("%s%-4s%s  %-22s %s\n", term_on(stdout, LEVELS[finding->level].style),
	       LEVELS[finding->level].name, term_off(stdout), name, finding->what);
	if (finding->mend[0])
		printf("      %-22s -> %s\n", "", finding->mend);
	(void)fflush(stdout);
}

static void put_finding(struct json *json, const char *name, const struct doctor_finding *finding)
{
	json_begin_object(json);
	json_kv_string(json, "check", name);
	json_kv_string(json, "status", LEVELS[finding->level].name);
	json_kv_string(json, "message", finding->what);
	json_kv_string(json, "mend", finding->mend[0] ? finding->mend : NULL);
	json_end_object(json);
}

int cmd_doctor(struct cmd *cmd)
{
	AUTO(doctor_release) struct doctor doctor = {.config = cmd->config};
	AUTO(buf_release) struct buf buf = BUF_INIT(OUTPUT_MAX);
	struct json json = JSON_PRETTY(&buf);
	unsigned failed = 0;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	json_begin_array(&json);
	for (size_t i = 0; i < doctor_check_count; i++) {
		struct doctor_finding finding = {.level = DOCTOR_OK};

		doctor_checks[i].run(&doctor, &finding);
		failed += finding.level == DOCTOR_FAIL;
		if (cmd->json)
			put_finding(&json, doctor_checks[i].name, &finding);
		else
			print_finding(doctor_checks[i].name, &finding);
	}
	json_end_array(&json);
	if (cmd->json)
		puts(buf_str(&buf));
	else if (failed > 0)
		printf("\n%u to mend\n", failed);
	return failed > 0 ? CMD_FAILED : CMD_OK;
}
