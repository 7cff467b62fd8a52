# WebAssembly with Debian's clang-19, wasm-ld-19 and wasi-libc. The linker is called by itself:
# clang would run Debian's old wasm-opt, which does not know relaxed SIMD.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
find_program(WASM_LD wasm-ld-19 REQUIRED)
set(CMAKE_C_LINK_EXECUTABLE "${WASM_LD} <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
