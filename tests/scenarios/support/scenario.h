/// What every scenario uses.
#pragma once

#include "tests/scenarios/support/balancer.h"
#include "tests/scenarios/support/client.h"
#include "tests/scenarios/support/eventually.h"
#include "tests/scenarios/support/fake_backend.h"
#include "tests/scenarios/support/gate.h"
#include "tests/support/catch.h"
