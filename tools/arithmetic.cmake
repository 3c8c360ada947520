# arithmetic.cmake: writes OUTPUT, a C file with the hash of the sources that decide what is forecast (SOURCES, a file that
# lists them, from ROOT): results stored by a program of other arithmetic are not taken for this one's.
file(STRINGS ${SOURCES} files)
set(all "")
foreach(file ${files})
  file(SHA256 ${ROOT}/${file} hash)
  string(APPEND all "${file} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 16 hash)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "/* Of the sources of the forecast: tools/arithmetic.cmake. */\nconst char tc_arithmetic[] = \"${hash}\";\n" @ONLY)
