# Writes a text file as a C string: cmake -DOUTPUT=x.c -DINPUT=file -DNAME=SYMBOL -P this file.
cmake_minimum_required(VERSION 3.25)
string(REPEAT "[0-9a-f]" 32 sixteen_bytes)
get_filename_component(file "${INPUT}" NAME)
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "(${sixteen_bytes})" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE "${OUTPUT}" "/* ${file}, made by cmake/embed_text.cmake. */
extern const char ${NAME}[];
const char ${NAME}[] = {
${bytes}'\\0'};
")
