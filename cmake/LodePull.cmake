# `lode pull`: the program with libcurl and OpenSSL's libcrypto, or without them. The library
# uses neither; the program loads them when it pulls, so that building needs their headers alone.
#
#   LODE_PULL=AUTO   with them where they are found (default)
#   LODE_PULL=ON     they must be there
#   LODE_PULL=OFF    without: `lode pull` says so, models in the cache are still found

set(LODE_PULL AUTO CACHE STRING "Build lode pull, with libcurl and libcrypto: AUTO, ON or OFF")
set_property(CACHE LODE_PULL PROPERTY STRINGS AUTO ON OFF)

set(LODE_HAVE_PULL FALSE)
if(LODE_PULL STREQUAL "ON")
  find_package(CURL 7.85 REQUIRED)
  find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
  set(LODE_HAVE_PULL TRUE)
elseif(LODE_PULL AND NOT CMAKE_CROSSCOMPILING)
  # Where the target is another machine, what is found is likely to be this machine's.
  find_package(CURL 7.85 QUIET)
  find_package(OpenSSL 3 QUIET COMPONENTS Crypto)
  if(CURL_FOUND AND TARGET OpenSSL::Crypto)
    set(LODE_HAVE_PULL TRUE)
  else()
    message(STATUS "lode pull is left out: it needs libcurl 7.85 and OpenSSL 3, with their headers")
  endif()
endif()

# Files of cli/ and tests/cli/ that need the two, and what stands in for them.
set(_lode_with_pull digest exchange http hub_blob hub_fetch hub_pull load test_cli_http
  test_cli_pull test_cli_pull_python)
set(_lode_without_pull hub_pull_none)

# Takes out of the list named `sources` what this build has no use for.
function(lode_select_pull sources)
  if(LODE_HAVE_PULL)
    set(unused ${_lode_without_pull})
  else()
    set(unused ${_lode_with_pull})
  endif()
  list(JOIN unused "|" unused)
  list(FILTER ${sources} EXCLUDE REGEX "/(${unused})\\.(c|py)$")
  set(${sources} ${${sources}} PARENT_SCOPE)
endfunction()

# For a target that holds those files: headers to compile with. The libraries themselves are
# loaded when they are needed (cli/load.h).
function(lode_use_pull target)
  if(LODE_HAVE_PULL)
    foreach(directory ${CURL_INCLUDE_DIRS} ${OPENSSL_INCLUDE_DIR})
      lode_add_system_include(${target} ${directory})
    endforeach()
    target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
  endif()
endfunction()
