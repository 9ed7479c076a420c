/* lab_words.h - the words of `tasklab lab`, and what they share.
 *
 * Each word is one function in lab_<word>.c (or beside its nearest kin) and one row in cmd_lab.c.
 */
#ifndef TASKLAB_CMD_LAB_WORDS_H
#define TASKLAB_CMD_LAB_WORDS_H

#include <tasklab/base/json.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/learner.h>
#include <tasklab/lab/reset.h>
#include <tasklab/seed/seed.h>

#define LAB_JSON_MAX ((size_t)4 * 1024 * 1024)

int lab_word_check(struct cmd *cmd);
int lab_word_compare(struct cmd *cmd);
int lab_word_explain(struct cmd *cmd);
int lab_word_hint(struct cmd *cmd);
int lab_word_list(struct cmd *cmd);
int lab_word_new(struct cmd *cmd);
int lab_word_reset(struct cmd *cmd);
int lab_word_run(struct cmd *cmd);
int lab_word_show(struct cmd *cmd);
int lab_word_solution(struct cmd *cmd);
int lab_word_start(struct cmd *cmd);
int lab_word_status(struct cmd *cmd);
int lab_word_verify(struct cmd *cmd);

/* lab_common.c ----------------------------------------------------------------------------------
 */

/* The labs that were shipped, and those of --labs-dir. */
int lab_catalogue(const struct cmd *cmd, struct catalogue **ret, struct err *err);
/* Bad labs on stderr: they do not hide the others, but are never silent. CMD_FAILED if any. */
int lab_print_problems(const struct catalogue *catalogue);
/* The catalogue, and the lab that the word's one operand names: CMD_OK, or an exit status after a
 * message. */
int lab_operand(struct cmd *cmd, struct catalogue **catalogue, const struct lab **ret);
/* The same, or without an operand the active lab. */
int lab_active_operand(struct cmd *cmd, struct catalogue **catalogue, const struct lab **ret);
/* What a word that is about one lab was asked, and where its work is done. */
struct lab_work {
	const char *scale_name, *folder; /* --scale and --report; NULL: not taken, not given */
	bool local;
	struct catalogue *catalogue;
	const struct lab *lab;
	enum seed_scale scale;
	int stop_fd;                 /* -1: none yet */
	struct lab_service *service; /* NULL: stand-alone */
};
void lab_work_release(struct lab_work *work);

/* These return CMD_OK, or an exit status after a message. */
int lab_scale(const struct cmd *cmd, const char *name, enum seed_scale *ret);
/* Reads the options, the scale and the lab; operand: lab_operand or lab_active_operand. */
int lab_begin(struct cmd *cmd, const struct cmd_option *options, size_t n,
	      int (*operand)(struct cmd *, struct catalogue **, const struct lab **),
	      struct lab_work *work);
/* For work that takes a while, after lab_begin: catches Ctrl-C, and looks for the service. */
int lab_begin_work(const struct cmd *cmd, struct lab_work *work);
/* Has the service do what body says, prints its report and saves it. failed and fetch begin
 * messages: "the run failed", "cannot fetch the report". */
int lab_work_in_service(const struct cmd *cmd, const struct lab_work *work, const char *body,
			const char *failed, const char *fetch);

/* NULL: the lab was never started. */
const struct learner_progress *lab_progress_of(const struct learner_progress *all, size_t n,
					       const char *slug);
/* Prints the document that a word with --json wrote; what: "cannot list the labs". */
int lab_print_json(const struct cmd *cmd, const struct buf *out, const char *what);

/* lab_stop.c ------------------------------------------------------------------------------------
 */

/* The first Ctrl-C, SIGTERM or closed terminal makes the descriptor readable, so that the work can
 * be ended in order; the second ends the program. The caller closes it (lab_stop_closep). */
int lab_stop_catch(int *ret, struct err *err);
void lab_stop_closep(int *fd);

#endif
