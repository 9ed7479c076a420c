/* main.c - the table of subcommands.
 *
 * Adding a command: its function in src/cmd/cmd_<name>.c, that file in src/cmd/CMakeLists.txt, its
 * declaration in cmd.h, and one row here. The last column is what `tasklab help <name>` prints.
 */
#include <tasklab/base/attr.h>
#include <tasklab/cmd/cmd.h>

/* clang-format off */
static const struct cmd_row commands[] = {
	{"metrics", cmd_metrics, "list the metrics with their labels and bounds",
	 "tasklab metrics --list [--json]\n"
	 "\n"
	 "Lists every metric of the service: type, unit, labels, the largest number of series it can\n"
	 "have on /metrics, and the bound of all together.\n"},
	{"config", cmd_config, "print the settings in force, secrets hidden",
	 "tasklab config [--json]\n"
	 "\n"
	 "Prints every setting, its value, where the value comes from, and what it is for. Flags come\n"
	 "before TASKLAB_* variables, those before the file (--config FILE or TASKLAB_CONFIG), and\n"
	 "that before the defaults. Passwords are shown as ***.\n"},
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
