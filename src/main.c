#include <tasklab/cmd/cmd.h>

int main(void)
{
	return CMD_OK;
}
