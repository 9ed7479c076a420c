# The flags of every target, as one interface library.
add_library(tasklab_flags INTERFACE)
target_include_directories(tasklab_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(tasklab_flags INTERFACE _GNU_SOURCE)
target_compile_options(tasklab_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
  -Wundef -Wformat=2 -Wno-format-zero-length -Wvla -fno-common -fstack-protector-strong)
if(TASKLAB_WERROR)
  target_compile_options(tasklab_flags INTERFACE -Werror)
endif()
if(TASKLAB_SANITIZE)
  target_compile_options(tasklab_flags INTERFACE -fsanitize=${TASKLAB_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tasklab_flags INTERFACE -fsanitize=${TASKLAB_SANITIZE})
else()
  target_compile_options(tasklab_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
if(NOT TASKLAB_METRICS)
  target_compile_definitions(tasklab_flags INTERFACE TASKLAB_METRICS_OFF)
endif()
if(TASKLAB_COVERAGE)
  target_compile_options(tasklab_flags INTERFACE --coverage)
  target_link_options(tasklab_flags INTERFACE --coverage)
endif()
if(TASKLAB_FUZZ)
  target_compile_options(tasklab_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
