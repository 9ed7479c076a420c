# Writes the migrations into one C file: cmake -DOUTPUT=x.c -DDIRECTORY=migrations -P this file.
# Names are NNNN_verb_noun.sql; anything else is an error, and so is a number used twice.
cmake_minimum_required(VERSION 3.25)
string(REPEAT "[0-9a-f]" 32 sixteen_bytes)
file(GLOB files "${DIRECTORY}/*.sql")
list(SORT files)
set(texts "")
set(rows "")
set(seen "")
foreach(path IN LISTS files)
  get_filename_component(file "${path}" NAME)
  if(NOT file MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
    message(FATAL_ERROR "${file}: a migration's name is NNNN_verb_noun.sql")
  endif()
  set(number "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  if(number IN_LIST seen)
    message(FATAL_ERROR "${file}: the number ${number} is used twice")
  endif()
  list(APPEND seen "${number}")
  string(REGEX REPLACE "^0+" "" version "${number}")
  file(READ "${path}" hex HEX)
  string(REGEX REPLACE "(${sixteen_bytes})" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND texts "static const char sql_${number}[] = {\n${bytes}'\\0'};\n")
  string(APPEND rows "\t{${version}, \"${name}\", sql_${number}},\n")
endforeach()
file(WRITE "${OUTPUT}" "/* The migrations, made by cmake/embed_migrations.cmake. */
#include \"migration.h\"

${texts}
static const struct migration items[] = {
${rows}};
const struct migration_list migrations_embedded = {items, sizeof(items) / sizeof(items[0])};
")
