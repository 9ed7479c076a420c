#include <tasklab/base/attr.h>
