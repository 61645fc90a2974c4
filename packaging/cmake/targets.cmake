# fairlead_library(<folder> SOURCES ... [PUBLIC ...] [PRIVATE ...]): one folder, one library, one alias.
# fairlead_test(<name> SOURCES ... LINKS ...): one Catch2 program, one ctest entry.
# Warnings and sanitizers go to our own targets only; other people's headers are system headers.
set(FAIRLEAD_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
    -Wold-style-cast)
if(FAIRLEAD_WERROR)
    list(APPEND FAIRLEAD_WARNINGS -Werror)
endif()
if(FAIRLEAD_SANITIZE)
    add_compile_options(-fsanitize=${FAIRLEAD_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${FAIRLEAD_SANITIZE})
endif()

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
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fairlead_test_main ${ARG_LINKS})
    fairlead_target(${name})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
