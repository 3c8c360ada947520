#!/usr/bin/env python3
"""test_python.py BUILD PROGRAM_SOURCE: the Python package against the program, with the libraries of Debian's python3."""

import json
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path

BUILD, SOURCE = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
os.environ["TRAINCAST_LIBRARY"] = str(BUILD / "libtraincast.so")
sys.path.insert(0, str(SOURCE / "python"))

import traincast  # noqa: E402

JOB = {"model": "llama-3-8b", "accelerator": "h100-sxm", "devices": 64, "global_batch": 256}
SLOW = {"model": "gpt3-175b", "accelerator": "a100-sxm-80g", "devices": 512, "global_batch": 512, "any": True}


def printed(*words):
    done = subprocess.run([BUILD / "traincast", *words, "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Answers(unittest.TestCase):
    def test_equal_those_of_the_program(self):
        words = "--model llama-3-8b --accelerator h100-sxm --devices 64 --global-batch 256".split()
        self.assertEqual(traincast.step(**JOB, tp=2), printed("step", *words, "--tp", "2"))
        self.assertEqual(traincast.run(**JOB, tokens="1T"), printed("run", *words, "--tokens", "1T"))
        self.assertEqual(traincast.explain(**JOB), printed("explain", *words))
        self.assertEqual(traincast.controls("h20"), printed("controls", "h20"))
        self.assertEqual(traincast.show("model", "gpt2-124m"), printed("show", "model", "gpt2-124m"))
        self.assertEqual(traincast.list_("fabrics"), printed("list", "fabrics")["items"])
        search = traincast.search(**JOB)
        self.assertEqual(search.best, printed("search", *words)["best"])
        plan = traincast.plan("startup-rented", certain=True)
        self.assertEqual(plan["jobs"], printed("plan", "startup-rented", "--certain")["jobs"])

    def test_fields_are_attributes(self):
        answer = traincast.step(**JOB, tp=4)
        self.assertEqual(answer.layout.tp, 4)
        self.assertEqual(answer["layout"]["tp"], answer.layout.tp)
        self.assertIn("step_s", dir(answer))
        with self.assertRaisesRegex(AttributeError, "no field 'stepp'"):
            answer.stepp
        again = traincast.step(layout=dict(answer.layout), **JOB)
        self.assertEqual(again.step_s, answer.step_s)

    def test_fields_alone_are_those_of_the_whole(self):
        whole = traincast.step(**JOB, tp=4)
        some = traincast.step(**JOB, tp=4, fields=["step_s", "memory_gib.reserved", "layout"])
        self.assertEqual(list(some), ["traincast", "schema", "data", "layout", "step_s", "memory_gib"])
        self.assertEqual((some.step_s, some.layout), (whole.step_s, whole.layout))
        self.assertEqual(some.memory_gib, {"reserved": whole.memory_gib.reserved})
        best = traincast.search(**JOB, fields="best.step_s")
        self.assertEqual({*best.best[0]}, {"step_s"})
        with self.assertRaisesRegex(traincast.Error, "fields: 'stepp_s' is no field"):
            traincast.step(**JOB, fields=["stepp_s"])

    def test_errors_have_a_place(self):
        for question, place, word in (
            ({**JOB, "model": "no-such-model"}, "model", "not in the catalog"),
            ({**JOB, "dtype": "fp7"}, "dtype", "fp7"),
            ({**JOB, "colour": "red"}, "colour", "no option"),
        ):
            with self.assertRaises(traincast.Error) as caught:
                traincast.step(**question)
            self.assertEqual(caught.exception.place, place)
            self.assertIn(word, caught.exception.text)
        with self.assertRaises(TypeError):
            traincast.step(**JOB, tp=object())

    def test_catalogs(self):
        with traincast.Catalog() as catalog:
            self.assertEqual(catalog.step(**JOB), traincast.step(**JOB))
        with self.assertRaisesRegex(ValueError, "closed"):
            catalog.step(**JOB)
        with self.assertRaises(traincast.Error):
            traincast.Catalog("no/such/folder")


class Progress(unittest.TestCase):
    def test_a_search_is_ended(self):
        shares = []
        answer = traincast.search(**SLOW, progress=lambda share: shares.append(share) or len(shares) < 4)
        self.assertTrue(answer.timing.stopped)
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(len(shares), 4)

    def test_exceptions_pass_through(self):
        def fail(share):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            traincast.search(**SLOW, progress=fail)

    def test_threads(self):
        want, seen = traincast.step(**JOB), []
        threads = [threading.Thread(target=lambda: seen.append(traincast.step(**JOB))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(seen, [want] * 8)


class Frames(unittest.TestCase):
    def test_lists_become_frames(self):
        try:
            import pandas  # noqa: F401
        except ImportError:
            self.skipTest("no pandas here")
        answer = traincast.search(**JOB)
        table = answer.frame("best")
        self.assertEqual(list(table["step_s"]), [best.step_s for best in answer.best])
        self.assertIn("layout.tp", table.columns)


class Schemas(unittest.TestCase):
    def test_answers_keep_them(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema here")
        answers = {
            "step": traincast.step(**JOB),
            "search": traincast.search(**JOB),
            "collective": traincast.collective(accelerator="h20", devices=16),
            "infer": traincast.infer(model="qwen3-32b", accelerator="h20", devices=8, concurrency=16),
            "plan": traincast.plan("startup-rented", certain=True),
            "controls": traincast.controls("h20"),
        }
        for command, answer in answers.items():
            schema = json.loads((SOURCE / f"docs/schemas/{command}.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(json.loads(json.dumps(answer)), schema)
        with self.assertRaises(jsonschema.ValidationError):
            wrong = {**answers["step"], "step_s": "soon"}
            jsonschema.validate(wrong, json.loads((SOURCE / "docs/schemas/step.json").read_text()))

    def test_made_of_the_table(self):
        done = subprocess.run([sys.executable, SOURCE / "tools/json_tables.py", SOURCE, "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
