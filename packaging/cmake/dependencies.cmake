# Finds the libraries of packaging/dependencies.sh and gives each one a target.
# Distribution packages only; nothing is fetched here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)

# llhttp: a library on Debian 13 and Ubuntu, plain sources in node-llhttp on Debian 12.
# Strict mode must be set by hand there: the header's default is lenient.
pkg_check_modules(LLHTTP QUIET IMPORTED_TARGET libllhttp)
add_library(fairlead_llhttp INTERFACE)
if(LLHTTP_FOUND)
    target_link_libraries(fairlead_llhttp INTERFACE PkgConfig::LLHTTP)
elseif(EXISTS /usr/share/llhttp/llhttp.c)
    add_library(fairlead_llhttp_sources STATIC
        /usr/share/llhttp/llhttp.c /usr/share/llhttp/http.c /usr/share/llhttp/api.c)
    target_include_directories(fairlead_llhttp_sources SYSTEM PUBLIC /usr/share/include/llhttp)
    target_compile_definitions(fairlead_llhttp_sources PUBLIC LLHTTP_STRICT_MODE=1)
    target_link_libraries(fairlead_llhttp INTERFACE fairlead_llhttp_sources)
else()
    find_library(LLHTTP_LIBRARY llhttp)
    find_path(LLHTTP_INCLUDE llhttp.h)
    if(NOT LLHTTP_LIBRARY OR NOT LLHTTP_INCLUDE)
        message(FATAL_ERROR "llhttp is missing: run packaging/dependencies.sh")
    endif()
    target_link_libraries(fairlead_llhttp INTERFACE ${LLHTTP_LIBRARY})
    target_include_directories(fairlead_llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE})
endif()
