#include "proxy/cli/program.h"

int main(int argc, char** argv) { return fairlead::cli::run_program(argc, argv); }
