"""traincast: forecasts of training and serving large models on any accelerators, from public figures.

    >>> import traincast
    >>> answer = traincast.step(model="llama-3-70b", accelerator="h20", devices=1024, tp=8, pp=4, global_batch=1024)
    >>> answer.step_s, answer.mfu_pct

Every function is a command of the program; its options are the keyword arguments (``global_batch=1024`` is
``--global-batch 1024``), its result what ``--json`` prints, with its fields as attributes. A list of answers, or a list in
an answer, becomes a pandas frame by :func:`frame`. What is asked wrongly raises :class:`Error` with its place.

The shared library does the work; nothing is compiled here. A :class:`Catalog` may be used from several threads, one call at
a time; several catalogs work side by side.
"""

import ctypes
import json
import threading

from . import _library
from ._library import TELL

__all__ = [
    "Answer",
    "Catalog",
    "Error",
    "Stopped",
    "collective",
    "compare",
    "controls",
    "explain",
    "frame",
    "infer",
    "list_",
    "plan",
    "run",
    "search",
    "show",
    "step",
    "validate",
]


class Error(ValueError):
    """What is wrong with a question. ``place``: the member or file; ``text``: what is wrong and what would be right."""

    def __init__(self, place, text, code=_library.INVALID):
        super().__init__(f"{place}: {text}")
        self.place, self.text, self.code = place, text, code


class Stopped(Exception):
    """A progress function raised or returned False before there was an answer."""


class Answer(dict):
    """A JSON object whose fields are attributes too: ``answer["memory_gib"]["reserved"]`` is ``answer.memory_gib.reserved``.

    docs/json.md says what each field is; answers.pyi tells type checkers.
    """

    def __getitem__(self, key):
        return _answer(super().__getitem__(key))

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the answer has no field {name!r}; it has {', '.join(self)}") from None

    def __dir__(self):
        return [*super().__dir__(), *(key for key in self if key.isidentifier())]

    def frame(self, path):
        """The list at a path, ``"best"`` or ``"jobs.phases"``, as a pandas frame."""
        rows = self
        for key in path.split("."):
            rows = [row[key] for row in rows] if isinstance(rows, list) else rows[key]
        while rows and isinstance(rows[0], list):
            rows = [row for part in rows for row in part]
        return frame(rows)


def _answer(value):
    """What lies inside an answer, when it is looked at."""
    if type(value) is dict:
        return Answer(value)
    if type(value) is list:
        return [_answer(item) for item in value]
    return value


def frame(rows):
    """Answers, or the elements of a list in one, as a pandas frame: a row each, ``layout.tp`` for what is nested."""
    import pandas

    return pandas.json_normalize(list(rows))


def _member(value):
    """A Python value as JSON: paths and numbers of numpy are what they say."""
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, (set, tuple, range)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no value of a question")


_encode = json.JSONEncoder(default=_member).encode  # made once: json.dumps makes one in every call that has a default
_decode = json.JSONDecoder().raw_decode  # an answer begins with its object


class Catalog:
    """The catalog inside the library, with the files of folders of your own over it (as ``--catalog``)."""

    _lib = None
    _lib_lock = threading.Lock()

    def __init__(self, *folders):
        with Catalog._lib_lock:
            if Catalog._lib is None:
                Catalog._lib = _library.load()
        self._lock = threading.Lock()
        self._handle = ctypes.c_void_p()
        names = (ctypes.c_char_p * len(folders))(*(str(folder).encode() for folder in folders))
        error = _library.CError()
        if self._lib.tc_catalog_open(names, len(folders), ctypes.byref(self._handle), ctypes.byref(error)):
            self._fail(error)

    def close(self):
        """Frees it; it cannot be asked afterwards."""
        with self._lock:
            if self._handle:
                self._lib.tc_catalog_close(self._handle)
                self._handle = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def __del__(self):
        if getattr(self, "_handle", None):
            self._lib.tc_catalog_close(self._handle)

    @staticmethod
    def _fail(error):
        place, text = (field.decode(errors="replace") for field in (error.place, error.text))
        if error.code == _library.INTERNAL:
            raise RuntimeError(f"{place}: {text}")
        raise Error(place.removeprefix("request: $."), text, error.code)

    def ask_json(self, question, progress=None):
        """A question as JSON text to the answer as JSON text.

        progress: called with the share that is done, 0 to 1; False (or an exception) ends a search or a plan with what it
        has.
        """
        if progress is None:
            return self._call(self._lib.tc_ask_json, question)
        raised = []

        def tell(unused, share):
            try:
                return progress(share) is not False
            except BaseException as exception:  # noqa: BLE001 - it must not cross C
                raised.append(exception)
                return False

        try:
            return self._call(self._lib.tc_ask_json_watched, question, TELL(tell), None)
        finally:
            if raised:
                raise raised[0]

    def _call(self, function, question, *watch):
        """One call of C; of what it takes beside C's own time, most is the answer's text (docs/python.md)."""
        answer, error = ctypes.c_void_p(), _library.CError()
        with self._lock:
            if not self._handle:
                raise ValueError("the catalog is closed")
            if function(self._handle, question.encode(), *watch, ctypes.byref(answer), ctypes.byref(error)):
                self._fail(error)
            text = ctypes.string_at(answer)
            self._lib.tc_answer_free(answer)
        return text.decode()

    def ask(self, command, *arguments, progress=None, **options):
        """Asks a command; options that are None are left out. Returns an :class:`Answer`.

        fields: a list of names, or one, of the fields that the answer shall have; others are not even written.
        """
        question = {key.rstrip("_"): value for key, value in options.items() if value is not None}
        question["command"] = command
        if arguments:
            question["arguments"] = [argument if isinstance(argument, str) else _member(argument) for argument in arguments]
        return Answer(_decode(self.ask_json(_encode(question), progress))[0])

    def step(self, **question):
        """One training step: time, throughput, MFU, memory."""
        return self.ask("step", **question)

    def explain(self, **question):
        """Why a step takes as long as it does, and what would make it faster."""
        return self.ask("explain", **question)

    def run(self, **question):
        """A whole training run: days, goodput, money, energy."""
        return self.ask("run", **question)

    def search(self, progress=None, **question):
        """The best layouts of a job. ``progress`` as in :meth:`ask_json`; ``answer.timing.stopped`` says whether it ended early."""
        return self.ask("search", progress=progress, **question)

    def compare(self, **question):
        """One job on several accelerators side by side."""
        return self.ask("compare", **question)

    def infer(self, **question):
        """A served model under a load: times, throughput, memory, cost."""
        return self.ask("infer", **question)

    def collective(self, **question):
        """The time of one collective, by size."""
        return self.ask("collective", **question)

    def plan(self, scenario, *others, progress=None, **options):
        """The calendar of a fleet: a scenario of the catalog or a YAML file. A second one is compared with the first."""
        return self.ask("plan", scenario, *others, progress=progress, **options)

    def validate(self, *files, **options):
        """How wrong the forecasts are, on files of published runs (JSON Lines)."""
        return self.ask("validate", *files, **options)

    def controls(self, *accelerators):
        """Export-control figures and classes."""
        return self.ask("controls", *accelerators)

    def show(self, kind, slug, **options):
        """One entry of the catalog, every figure with its source."""
        return self.ask("show", kind, slug, **options)

    def list_(self, kind):
        """What the catalog holds of accelerators, fabrics, models, stacks, engines or scenarios: a list of items."""
        return self.ask("list", kind)["items"]


_default = None
_default_lock = threading.Lock()


def default_catalog():
    """The catalog that the functions of the module ask, opened when it is first needed."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Catalog()
        return _default


def _of_default(name):
    method = getattr(Catalog, name)

    def function(*arguments, **options):
        return getattr(default_catalog(), name)(*arguments, **options)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = method.__doc__
    return function


for _name in ("step", "explain", "run", "search", "compare", "infer", "collective", "plan", "validate", "controls", "show", "list_"):
    globals()[_name] = _of_default(_name)
del _name
