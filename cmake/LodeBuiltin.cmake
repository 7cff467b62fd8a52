# The model inside the program, so that `lode embed TEXT` works with no other file and no network.
# The library has none: those who link it decide what they carry, and liblode stays small. The file
# is installed beside it, for lode_model_open.
#
#   LODE_BUILTIN_MODEL=ON    the one models/*.lode-model of the source, if it is there (default)
#   LODE_BUILTIN_MODEL=OFF   none: the program says so where a model is not named
#   LODE_BUILTIN_MODEL=FILE  this one

set(LODE_BUILTIN_MODEL ON CACHE STRING "The model inside the program: ON, OFF or a .lode-model file")

set(LODE_BUILTIN_FILE "")
if(LODE_BUILTIN_MODEL STREQUAL "ON")
  file(GLOB LODE_BUILTIN_FILE CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/models/*.lode-model)
  list(LENGTH LODE_BUILTIN_FILE count)
  if(count GREATER 1)
    message(FATAL_ERROR "models/ has ${count} models: name one by LODE_BUILTIN_MODEL=FILE")
  elseif(count EQUAL 0)
    message(STATUS "models/ has no .lode-model: the program is built without a model inside")
  endif()
elseif(LODE_BUILTIN_MODEL)
  get_filename_component(LODE_BUILTIN_FILE ${LODE_BUILTIN_MODEL} ABSOLUTE
    BASE_DIR ${CMAKE_BINARY_DIR})
  if(NOT EXISTS ${LODE_BUILTIN_FILE} OR NOT LODE_BUILTIN_FILE MATCHES "\\.lode-model$")
    message(FATAL_ERROR "LODE_BUILTIN_MODEL: ${LODE_BUILTIN_FILE} is no .lode-model file")
  endif()
endif()

# Puts `file`, a .lode-model or "", into `target`, of which cli/builtin.c is part as `source`.
function(lode_use_builtin target source file)
  if(file)
    get_filename_component(name ${file} NAME)
    target_compile_definitions(${target} PRIVATE
      LODE_BUILTIN_FILE="${file}" LODE_BUILTIN_NAME="${name}")
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file})
  endif()
endfunction()
