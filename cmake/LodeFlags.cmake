# Compiler and linker flags of everything that is built here: the interface target lode_flags.
# Nothing here names a processor: see LodeKernels.cmake for that.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_library(lode_flags INTERFACE)

target_compile_options(lode_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  # A vector must not depend on where a compiler happens to fuse: fused multiply-adds are
  # written out (fmaf, _mm256_fmadd_ps) where they are wanted. For the same reason there is
  # no -ffast-math anywhere.
  -ffp-contract=off
  # sqrtf and the like become instructions; nothing here reads errno after a math function.
  -fno-math-errno)
if(LODE_WERROR)
  target_compile_options(lode_flags INTERFACE -Werror)
endif()

if(LODE_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "LODE_FUZZ needs clang (libFuzzer): use the fuzz preset")
  endif()
  set(LODE_SANITIZE "address,undefined" CACHE STRING "" FORCE)
  target_compile_options(lode_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(LODE_SANITIZE)
  target_compile_options(lode_flags INTERFACE
    -fsanitize=${LODE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # gcc 12 no longer sees the range of a shift that it has instrumented.
    -Wno-conversion)
  target_link_options(lode_flags INTERFACE -fsanitize=${LODE_SANITIZE})
else()
  target_compile_options(lode_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
    -fstack-protector-strong)
endif()

# Add `directory` to the target's search path, unless the compiler looks there anyway
# (naming /usr/include again reorders it and breaks #include_next).
function(lode_add_system_include target directory)
  if(NOT directory IN_LIST CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
    target_include_directories(${target} SYSTEM PRIVATE ${directory})
  endif()
endfunction()
