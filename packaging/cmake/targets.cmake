# fairlead_library(<folder> SOURCES ... [PUBLIC ...] [PRIVATE ...]): one folder, one library, one alias.
# fairlead_test(<name> SOURCES ... LINKS ... [LABELS ...]): one Catch2 program, one ctest entry.
#   The label "threads" marks what the thread sanitizer is to watch.
# fairlead_fuzzer(<name> SOURCES ... LINKS ...): one libFuzzer program <name>_fuzzer; where fuzzers
#   are not built, a test that replays tests/fuzz/corpus/<name> through the same code.
# Warnings and sanitizers go to our own targets only; other people's headers are system headers.
set(FAIRLEAD_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
    -Wold-style-cast)
if(FAIRLEAD_WERROR)
    list(APPEND FAIRLEAD_WARNINGS -Werror)
endif()
if(FAIRLEAD_SANITIZE)
    # A finding ends the program: undefined behaviour that is only printed passes every test.
    add_compile_options(-fsanitize=${FAIRLEAD_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${FAIRLEAD_SANITIZE})
endif()

if(FAIRLEAD_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

add_custom_target(threads_tests COMMENT "all tests with the label threads")
add_custom_target(fuzzers COMMENT "all fuzzers")

function(fairlead_target target)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${FAIRLEAD_WARNINGS}>)
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

function(fairlead_library folder)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(fairlead_${folder} STATIC ${ARG_SOURCES})
    add_library(fairlead::${folder} ALIAS fairlead_${folder})
    target_link_libraries(fairlead_${folder} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
    fairlead_target(fairlead_${folder})
endfunction()

function(fairlead_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fairlead_test_main ${ARG_LINKS})
    fairlead_target(${name})
    if(FAIRLEAD_SANITIZE)
        # What a test checks is in the libraries; its own assertions take half the time to compile.
        target_compile_options(${name} PRIVATE -O0)
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1800 LABELS "${ARG_LABELS}")
    if("threads" IN_LIST ARG_LABELS)
        add_dependencies(threads_tests ${name})
    endif()
endfunction()

function(fairlead_fuzzer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    if(FAIRLEAD_FUZZERS)
        set(program ${name}_fuzzer)
        add_executable(${program} ${ARG_SOURCES})
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
        add_dependencies(fuzzers ${program})
    else()
        set(program ${name}_replay)
        add_executable(${program} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
        add_test(NAME ${program} COMMAND ${program} ${corpus})
        set_tests_properties(${program} PROPERTIES TIMEOUT 60)
    endif()
    target_link_libraries(${program} PRIVATE ${ARG_LINKS})
    fairlead_target(${program})
endfunction()
