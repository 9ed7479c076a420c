#include <tasklab/config/config.h>
