# Which kernel files are compiled, and with which instructions.
#
# The suffix of a file's name says what it needs: dot_avx2.c, gemm_i8_avx512vnni.c, file_posix.c.
# A file of another architecture is left out of the build; the kernel lists (*.inc) have the same
# condition as #if. Everything without such a suffix is built for the baseline of the
# architecture, so that one binary runs on every machine and picks its kernels at run time.

set(_avx2 -mavx2 -mfma -mf16c)
set(_avx512 ${_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd
    -mprefer-vector-width=512)
set(LODE_KERNEL_FLAGS_avx2 ${_avx2})
set(LODE_KERNEL_FLAGS_avxvnni ${_avx2} -mavxvnni)
set(LODE_KERNEL_FLAGS_avx512 ${_avx512})
set(LODE_KERNEL_FLAGS_avx512vnni ${_avx512} -mavx512vnni)
set(LODE_KERNEL_FLAGS_avx512popcnt ${_avx512} -mavx512vpopcntdq)
set(LODE_KERNEL_FLAGS_avx512bf16 ${_avx512} -mavx512bf16)
set(LODE_KERNEL_FLAGS_amx ${_avx512} -mavx512bf16 -mamx-tile -mamx-int8 -mamx-bf16)
set(LODE_KERNEL_FLAGS_neon "")
set(LODE_KERNEL_FLAGS_neondot -march=armv8.2-a+dotprod)
set(LODE_KERNEL_FLAGS_neoni8mm -march=armv8.2-a+dotprod+i8mm)
set(LODE_KERNEL_FLAGS_simd128 "") # everything in a module may use it
set(LODE_KERNEL_FLAGS_relaxed -mrelaxed-simd)

set(LODE_KERNELS_x86_64 avx2 avxvnni avx512 avx512vnni avx512popcnt avx512bf16 amx)
set(LODE_KERNELS_aarch64 neon neondot neoni8mm)
set(LODE_KERNELS_wasm32 simd128 relaxed)
set(all_kernels ${LODE_KERNELS_x86_64} ${LODE_KERNELS_aarch64} ${LODE_KERNELS_wasm32})
# The same for what base/ needs of a system.
set(LODE_SYSTEM posix)
set(all_systems posix wasm)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(LODE_ARCH x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(LODE_ARCH aarch64)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL wasm32)
  set(LODE_ARCH wasm32)
  set(LODE_SYSTEM wasm)
else()
  set(LODE_ARCH other)
endif()

# Takes other architectures' and systems' files out of the list named `sources` and sets the
# flags of the kernel files that stay.
function(lode_select_kernels sources)
  set(kept "")
  set(elsewhere ${all_kernels} ${all_systems})
  foreach(source IN LISTS ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^.*_" "" suffix ${name})
    if(suffix IN_LIST LODE_KERNELS_${LODE_ARCH})
      set_source_files_properties(${source} PROPERTIES
        COMPILE_OPTIONS "${LODE_KERNEL_FLAGS_${suffix}}")
      list(APPEND kept ${source})
    elseif(suffix STREQUAL LODE_SYSTEM OR NOT suffix IN_LIST elsewhere)
      list(APPEND kept ${source})
    endif()
  endforeach()
  set(${sources} ${kept} PARENT_SCOPE)
endfunction()
