/// The one place that knows which major version of Catch2 the distribution ships.
#pragma once

#ifdef FAIRLEAD_CATCH2_V3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
