/* main.c - the table of subcommands.
 *
 * Adding a command: its function in src/cmd/cmd_<name>.c, that file in src/cmd/CMakeLists.txt, its
 * declaration in cmd.h, and one row here. The last column is what `tasklab help <name>` prints.
 */
#include <tasklab/base/attr.h>
#include <tasklab/cmd/cmd.h>

/* clang-format off */
static const struct cmd_row commands[] = {
	{"serve", cmd_serve, "run the service",
	 "tasklab serve [--listen HOST:PORT] [--metrics-listen HOST:PORT]\n"
	 "\n"
	 "Serves the API, /metrics, /healthz and /readyz until SIGTERM or SIGINT; then finishes what is\n"
	 "in flight and exits with 0. A second signal ends it at once. The database need not be there\n"
	 "yet: until it is, /readyz and all that needs it answer 503.\n"},
	{"migrate", cmd_migrate, "bring the database's schema up to date",
	 "tasklab migrate up|status|verify [--json]\n"
	 "\n"
	 "up applies the migrations that this program has and the database lacks, each in one\n"
	 "transaction; programs that start it together take turns. status lists them: pending,\n"
	 "applied, edited since, or unknown to this program. verify exits with 3 when one is pending\n"
	 "or edited.\n"},
	{"seed", cmd_seed, "fill the database with made-up data, always the same",
	 "tasklab seed --scale small|medium|large [--seed N] [--reset] [--json]\n"
	 "\n"
	 "Fills the tables with 100 thousand, 1 million or 10 million tasks and all that belongs to\n"
	 "them. The same scale and seed (1 when not given) make the same rows on every machine: work\n"
	 "goes on from 2023-01-01 until 2026-01-01, and \"recent\" means shortly before that day.\n"
	 "Does nothing when the very same data is there. Refuses a database that holds other data,\n"
	 "unless --reset is given, which empties the tables. All of it is one transaction.\n"},
	{"load", cmd_load, "send traffic to the service at a fixed rate",
	 "tasklab load [--profile PROFILE] [--rate N] [--duration TIME|forever] [--url URL]\n"
	 "             [--connections N] [--wait TIME] [--seed N] [--listen HOST:PORT] [--json]\n"
	 "\n"
	 "Reads, lists, searches and writes as many clients would, N requests a second (20), for TIME\n"
	 "(60s). Each request has an intended start, fixed beforehand, and its latency counts from\n"
	 "there, however late it could be sent; what is more than 10 s late is dropped and counted.\n"
	 "\n"
	 "  steady  the rate, evenly spaced (the default)\n"
	 "  ramp    from 10 % of the rate up to all of it, in a straight line\n"
	 "  spike   20 % of the rate, and all of it in the middle third of the time\n"
	 "  soak    a wave between 50 % and 100 % of the rate, ten minutes long\n"
	 "\n"
	 "--connections bounds what is in flight (32), --wait how long it waits for the service to come\n"
	 "up (60s). --listen serves the run's own /metrics there. --url is where the service is; when it\n"
	 "is not given, the address in TASKLAB_LISTEN. SIGINT and SIGTERM end the run with its summary.\n"
	 "Exits with 1 when no request was answered.\n"},
	{"user", cmd_user, "list and create users, change their roles",
	 "tasklab user list [--json]\n"
	 "       tasklab user create EMAIL [--name NAME] [--role admin|member|viewer]\n"
	 "       tasklab user role EMAIL admin|member|viewer\n"
	 "\n"
	 "The operator's account tools; they work on the database and need no running service.\n"},
	{"lab", cmd_lab, "run experiments on slow queries, from broken to fixed",
	 "tasklab lab list | show LAB | status [--json]\n"
	 "       tasklab lab start LAB [--scale small|medium|large] [--beside] [--local] [--json]\n"
	 "       tasklab lab check [LAB] [--answer N,N] [--statement FILE|-] [--report DIR]\n"
	 "                         [--local] [--json]\n"
	 "       tasklab lab hint | solution [LAB] [--json]\n"
	 "       tasklab lab reset [LAB [--local] | --all] [--json]\n"
	 "       tasklab lab run LAB [--scale small|medium|large] [--report DIR] [--keep] [--beside]\n"
	 "                           [--local] [--json]\n"
	 "       tasklab lab compare SQL SQL [--params SQL] [--scale S | --in DATABASE | --app-data]\n"
	 "                           [--calls N] [--clients N] [--ordered] [--report DIR] [--json]\n"
	 "       tasklab lab explain SQL [--params SQL] [--hypothetical 'CREATE INDEX ...']...\n"
	 "                           [--analyze] [--scale S | --in DATABASE | --app-data] [--json]\n"
	 "       tasklab lab new NAME [--json]\n"
	 "       tasklab lab verify LAB | --all [--jobs N] [--scale small|medium|large] [--json]\n"
	 "\n"
	 "start breaks a clone of the lab's data set and leaves it to you, in a database of its own (the\n"
	 "service's is never touched); check runs the workload there and in a fresh reference, compares\n"
	 "both, and gives points: 30 for the quiz, 50 for the fix, 20 for having harmed nothing; exit\n"
	 "status 3: below the pass mark, 70. hint gives one more of three, solution all. One lab is\n"
	 "active at a time; reset ends it, drops its database and those that a killed run left, and with\n"
	 "--all the data sets too; --beside lets another stand beside it.\n"
	 "\n"
	 "run shows the whole by itself: it breaks a clone, runs the workload, applies the fix, runs the\n"
	 "same again, compares, and drops the database; --keep leaves it in its fixed state, --report\n"
	 "also saves the reports in DIR. Exit status 3: the evidence does not hold.\n"
	 "\n"
	 "compare measures two statements and reports them side by side, in a clone of the data set\n"
	 "unless a database is named; exit status 3: their rows are not the same. explain shows a plan\n"
	 "in the active lab's database, or else the service's, and with HypoPG what more indexes would\n"
	 "make of it. --in takes a lab, a database, or \"active\"; there every transaction is rolled\n"
	 "back, and other databases than those of labs are only read.\n"
	 "\n"
	 "new makes a lab that works in the folder that --labs-dir (TASKLAB_LABS_DIR) names. verify\n"
	 "proves that labs are sound: the broken state fails, the fix and each alternative pass, no trap\n"
	 "does, and nothing is left behind; exit status 3: one is not; --jobs is how many labs at once\n"
	 "(2).\n"
	 "\n"
	 "The work is done in the service when one answers at --listen and works on the same database, so\n"
	 "that dashboards show it; --local does it here. All of it needs the sandbox: TASKLAB_SANDBOX=on.\n"},
	{"metrics", cmd_metrics, "list the metrics with their labels and bounds",
	 "tasklab metrics --list [--json | --markdown]\n"
	 "\n"
	 "Lists every metric of the service: type, unit, labels, buckets, the largest number of series\n"
	 "it can have on /metrics, and the bound of all together. --markdown writes docs/metrics.md.\n"},
	{"config", cmd_config, "print the settings in force, secrets hidden",
	 "tasklab config [--json]\n"
	 "\n"
	 "Prints every setting, its value, where the value comes from, and what it is for. Flags come\n"
	 "before TASKLAB_* variables, those before the file (--config FILE or TASKLAB_CONFIG), and\n"
	 "that before the defaults. Passwords are shown as ***.\n"},
	{"doctor", cmd_doctor, "find what is wrong with this set-up, and say how to mend it",
	 "tasklab doctor [--json]\n"
	 "\n"
	 "Checks settings, limits, the listen address, the database, its schema, extensions and data.\n"
	 "Exits with 1 when a check fails; warnings do not count.\n"},
	{"healthcheck", cmd_healthcheck, "ask the running service how it is",
	 "tasklab healthcheck [--ready]\n"
	 "\n"
	 "Asks /healthz, or /readyz with --ready, on the address of --listen. Exits with 0 when the\n"
	 "answer is 200, with 1 otherwise or after two seconds. For container health checks.\n"},
	{"version", cmd_version, "print what was built, and with what",
	 "tasklab version [--json]\n"
	 "\n"
	 "Prints the version, the source revision, the compiler and the version of libpq.\n"},
};
/* clang-format on */

int main(int argc, char **argv)
{
	return cmd_main(commands, ARRAY_LEN(commands), argc, argv);
}
