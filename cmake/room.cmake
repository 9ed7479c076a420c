# tasklab_room(<name> SOURCES file.c ... [ROOMS room ...] [LIBRARIES target ...])
# One room is one static library. ROOMS are the rooms it may include, LIBRARIES outside ones, which
# stay private to it.
function(tasklab_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ROOM_ROOMS} PRIVATE tasklab_flags ${ROOM_LIBRARIES})
endfunction()

# tasklab_unit_test(<file without .c> ROOMS room ... [LIBRARIES target ...])
# A cmocka program in tests/unit that may also include its rooms' private headers.
function(tasklab_unit_test name)
  cmake_parse_arguments(TEST "" "" "ROOMS;LIBRARIES" ${ARGN})
  add_executable(${name} unit/${name}.c)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tasklab_flags ${TEST_ROOMS} ${TEST_LIBRARIES} PkgConfig::CMOCKA)
  add_test(NAME unit.${name} COMMAND ${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# tasklab_integration_test(<file without .c> [ROOMS room ...] [LIBRARIES target ...] [ARGS arg ...])
# A cmocka program in tests/integration that owns a PostgreSQL server (pg_fixture.h).
function(tasklab_integration_test name)
  cmake_parse_arguments(TEST "" "" "ROOMS;LIBRARIES;ARGS" ${ARGN})
  add_executable(${name} integration/${name}.c)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tasklab_flags pg_fixture ${TEST_ROOMS} ${TEST_LIBRARIES}
    PkgConfig::CMOCKA)
  add_test(NAME integration.${name} COMMAND ${name} ${TEST_ARGS})
  set_tests_properties(integration.${name} PROPERTIES LABELS integration TIMEOUT 300)
endfunction()

# tasklab_fuzz(<file without .c> ROOMS room ... [LIBRARIES target ...])
# A libFuzzer target in tests/fuzz, built where TASKLAB_FUZZ is on; its corpus is tests/fuzz/corpus_<name
# without fuzz_>. As a test it runs for a moment; what it finds stays in the build directory.
function(tasklab_fuzz name)
  cmake_parse_arguments(FUZZ "" "" "ROOMS;LIBRARIES" ${ARGN})
  if(NOT TASKLAB_FUZZ)
    return()
  endif()
  string(REPLACE "fuzz_" "corpus_" corpus ${name})
  add_executable(${name} fuzz/${name}.c)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE tasklab_flags ${FUZZ_ROOMS} ${FUZZ_LIBRARIES})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${corpus})
  add_test(NAME fuzz.${name} COMMAND ${name} -max_total_time=20 -timeout=10 -print_final_stats=1
    ${CMAKE_CURRENT_BINARY_DIR}/${corpus} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${corpus})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
