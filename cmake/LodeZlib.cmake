# What `lode site --report` measures gzip with; without zlib it prints bytes as they are.
if(NOT CMAKE_CROSSCOMPILING)
  find_package(ZLIB QUIET)
endif()

# For a target that has cli/gzip.c.
function(lode_use_zlib target)
  if(TARGET ZLIB::ZLIB)
    target_compile_definitions(${target} PRIVATE LODE_HAVE_ZLIB)
    target_link_libraries(${target} PRIVATE ZLIB::ZLIB)
  endif()
endfunction()
