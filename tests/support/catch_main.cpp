// main() of every test program: Catch2 v3 brings its own, v2 is asked for it here.
#ifndef FAIRLEAD_CATCH2_V3
#define CATCH_CONFIG_MAIN
#endif
#include "tests/support/catch.h"
