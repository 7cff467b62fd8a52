# The backend for GPUs. Its shaders are put into the library; wgpu-native is loaded at run time, and
# its headers, webgpu.h and wgpu.h, are wanted now. Without them the backend says so when it is
# asked for, and all else is as it is with them. tools/get_webgpu.sh gets both into the cache.

# LODE_WEBGPU_VERSION in webgpu.h's terms: 29.0.1.1.
set(LODE_WEBGPU_VERSION 0x1d000101)

if(DEFINED ENV{XDG_CACHE_HOME})
  set(_webgpu_cache $ENV{XDG_CACHE_HOME}/lode/webgpu)
else()
  set(_webgpu_cache $ENV{HOME}/.cache/lode/webgpu)
endif()
find_path(LODE_WEBGPU_INCLUDE_DIR wgpu.h PATHS ${_webgpu_cache}/include NO_DEFAULT_PATH)

# Takes the backend out of the list named `sources`, or what stands in for it.
function(lode_select_webgpu sources)
  set(kept ${${sources}})
  if(LODE_WEBGPU)
    list(FILTER kept EXCLUDE REGEX "/src/backend/webgpu/none\\.c$")
  else()
    list(FILTER kept EXCLUDE REGEX "/src/backend/webgpu/[a-mo-z][a-z_]*\\.c$|/webgpu/native_")
  endif()
  set(${sources} ${kept} PARENT_SCOPE)
endfunction()

function(lode_use_webgpu target)
  if(NOT LODE_WEBGPU)
    return()
  endif()
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/src/backend/webgpu)
  file(GLOB shaders CONFIGURE_DEPENDS ${folder}/shaders/*.wgsl)
  set_source_files_properties(${folder}/shaders.c PROPERTIES
    COMPILE_OPTIONS -Wa,-I${folder} OBJECT_DEPENDS "${shaders}")
  if(LODE_WEBGPU_INCLUDE_DIR)
    target_include_directories(${target} SYSTEM PRIVATE ${LODE_WEBGPU_INCLUDE_DIR})
    set_source_files_properties(
      ${folder}/library_posix.c ${folder}/native_open_posix.c ${folder}/native_posix.c PROPERTIES
      COMPILE_DEFINITIONS "LODE_HAVE_WEBGPU_H;LODE_WEBGPU_VERSION=${LODE_WEBGPU_VERSION}")
  else()
    message(STATUS "webgpu.h was not found (tools/get_webgpu.sh): GPUs will not be used")
  endif()
endfunction()
