"""The shared library by ctypes: one call, JSON in and out."""

import ctypes
import os
import sys
from pathlib import Path

OK, INTERNAL, INVALID, NOT_FOUND = range(4)  # tc_code

# bool tell(void *told, double share): what a search or a plan calls from time to time.
TELL = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_double)


class CError(ctypes.Structure):
    """tc_error of traincast.h."""

    _fields_ = [("code", ctypes.c_int), ("place", ctypes.c_char * 320), ("text", ctypes.c_char * 512)]


def _names():
    """Where the library may lie, in the order in which it is looked for."""
    given = os.environ.get("TRAINCAST_LIBRARY")
    if given:
        yield given
        return
    file = "libtraincast.dylib" if sys.platform == "darwin" else "libtraincast.so"
    here = Path(__file__).resolve()
    yield str(here.parent / file)  # beside the package
    for build in (here.parents[2] / "build", here.parents[3] / "build"):  # a checkout
        yield str(build / file)
    yield file if sys.platform == "darwin" else file + ".0"  # installed


def load():
    """Loads the library and says how its functions are called. Raises OSError with every place that was tried."""
    tried = []
    for name in _names():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            tried.append(f"{name}: {error}")
            continue
        pointer, text, error = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(CError)
        answer = ctypes.POINTER(pointer)
        library.tc_catalog_open.argtypes = [ctypes.POINTER(text), ctypes.c_int, answer, error]
        library.tc_catalog_close.argtypes = [pointer]
        library.tc_catalog_close.restype = None
        library.tc_ask_json.argtypes = [pointer, text, answer, error]
        library.tc_ask_json_watched.argtypes = [pointer, text, TELL, pointer, answer, error]
        library.tc_answer_free.argtypes = [pointer]
        library.tc_answer_free.restype = None
        return library
    raise OSError(
        "libtraincast is not there: build and install traincast, or name the file in TRAINCAST_LIBRARY; tried\n  "
        + "\n  ".join(tried)
    )
