# make install: the program, both libraries, the header, the CMake package, lode.pc.
include(CMakePackageConfigHelpers)

install(TARGETS lode_shared lode_static EXPORT lode-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/lode.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET lode_program)
  install(TARGETS lode_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(LODE_BUILTIN_FILE)
  install(FILES ${LODE_BUILTIN_FILE} DESTINATION ${CMAKE_INSTALL_DATADIR}/lode)
  get_filename_component(name ${LODE_BUILTIN_FILE} NAME)
  set(LODE_PC_MODEL "model=\${prefix}/${CMAKE_INSTALL_DATADIR}/lode/${name}\n")
endif()
# <lode-search>, which `lode site` puts beside an index. `make site` makes it, before or after this
# folder is configured; the program in the build folder finds it by the link.
set(LODE_SITE_FILES ${CMAKE_CURRENT_SOURCE_DIR}/js/dist/site)
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/share/lode)
file(CREATE_LINK ${LODE_SITE_FILES} ${CMAKE_CURRENT_BINARY_DIR}/share/lode/site SYMBOLIC)
install(DIRECTORY ${LODE_SITE_FILES}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lode/site
  OPTIONAL FILES_MATCHING PATTERN "lode-*" PATTERN module EXCLUDE PATTERN types EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(lode_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lode)
install(EXPORT lode-targets NAMESPACE lode:: DESTINATION ${lode_cmake_dir})
configure_package_config_file(cmake/lode-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/lode-config.cmake INSTALL_DESTINATION ${lode_cmake_dir})
# Below 1.0 a minor release may break: 0.1.x satisfies a request for 0.1.y, 0.2 does not.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/lode-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lode-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/lode-config-version.cmake DESTINATION ${lode_cmake_dir})

# Relative to where lode.pc lies, so that an installed tree can be moved.
file(RELATIVE_PATH LODE_PC_PREFIX
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" LODE_PC_PREFIX "${LODE_PC_PREFIX}")
configure_file(cmake/lode.pc.in ${CMAKE_CURRENT_BINARY_DIR}/lode.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lode.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
