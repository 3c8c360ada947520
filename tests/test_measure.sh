#!/bin/sh
# test_measure.sh PROGRAM SOURCE_DIR: measure prints rows that calibrate takes; its script for hosts with GPUs does too, with a torch that
# only pretends.
set -u
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source_dir=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
unset XDG_DATA_HOME
cd "$work" || exit 1
failures=0

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*" >&2
}

# ---- this computer
mkdir -p mine/accelerators
cat >mine/accelerators/this-computer.yaml <<'END'
format: 1
slug: this-computer
name: This computer
vendor: Example
architecture: generic
sources: {guess: "a guess"}
device:
  memory: {value: "8 GB", source: guess}
  memory_bandwidth: {value: "20 GB/s", source: guess}
  cores: {value: 2, source: guess}
  clock: {value: "2.5 GHz", source: guess}
  matmul: {fp32: {value: "150 GFLOP/s", source: guess}}
  vector: {value: "20 GFLOP/s", source: guess}
END
if "$program" measure --seconds 0.001 --json >rows.jsonl 2>err; then
    [ "$(grep -c '"kind": "gemm"' rows.jsonl)" -ge 8 ] || fail "products"
    [ "$(grep -c '"kind": "memory"' rows.jsonl)" = 1 ] || fail "memory"
    "$program" calibrate rows.jsonl --catalog mine --output own --json >calibrated.json 2>err || fail "the rows are none: $(cat err)"
    grep -q '"kind": "kernel"' calibrated.json || fail "no kernel was taken"
else
    grep -q 'libopenblas' err || fail "measure: $(cat err)"
    echo "measure: no BLAS here, its products were left out"
fi
"$program" measure --accelerator 'a "chip"' >out 2>err
[ $? = 2 ] && [ ! -s out ] && grep -q -e '--accelerator' err || fail "a name that is no slug"

# ---- the script
"$program" measure --script >measure.py || fail "--script"
cmp -s measure.py "$source_dir/data/measure.py" || fail "the script is another"
command -v python3 >/dev/null || { echo "no python3: the script was not run"; exit $failures; }
python3 -m py_compile measure.py || fail "the script does not compile"
mkdir -p fake/torch
cat >fake/torch/__init__.py <<'END'
"""As much of torch as measure.py asks for; nothing is computed."""
import sys
import types

bfloat16, float32 = "bfloat16", "float32"


class Tensor:
    def copy_(self, other):
        return self

    def backward(self, gradient, retain_graph=False):
        pass


def _tensor(*sizes, **kinds):
    return Tensor()


randn = empty = zeros = _tensor
randn_like = empty_like = zeros_like = lambda t: Tensor()
matmul = lambda a, b: Tensor()
nn = types.SimpleNamespace(functional=types.SimpleNamespace(
    scaled_dot_product_attention=lambda q, k, v, is_causal=False: Tensor()))
npu = types.SimpleNamespace(is_available=lambda: True, synchronize=lambda: None, set_device=lambda i: None)
distributed = types.ModuleType("torch.distributed")
distributed.get_world_size = lambda: 8
for _name in ("init_process_group", "destroy_process_group", "barrier", "all_reduce", "all_gather_into_tensor",
              "reduce_scatter_tensor", "all_to_all_single"):
    setattr(distributed, _name, lambda *a, **k: None)
sys.modules["torch.distributed"] = distributed
END
PYTHONPATH=fake PYTHONDONTWRITEBYTECODE=1 python3 measure.py --accelerator h100-sxm --seconds 0.001 >alone.jsonl || fail "the script, alone"
PYTHONPATH=fake WORLD_SIZE=8 RANK=0 LOCAL_RANK=0 python3 measure.py --accelerator h100-sxm --fabric dgx-h100 --seconds 0.001 --quick \
    >group.jsonl || fail "the script, of eight"
PYTHONPATH=fake WORLD_SIZE=8 RANK=3 LOCAL_RANK=3 python3 measure.py --accelerator h100-sxm --fabric dgx-h100 --seconds 0.001 --quick \
    >quiet.jsonl || fail "the script, another rank"
[ -s quiet.jsonl ] && fail "a rank beside the first speaks"
PYTHONPATH=fake WORLD_SIZE=8 python3 measure.py --accelerator h100-sxm >out 2>err && fail "no fabric"
grep -q -e '--fabric' err || fail "no fabric: $(cat err)"
for kind in gemm attention memory; do grep -q "\"kind\": \"$kind\"" alone.jsonl || fail "no $kind"; done
for kind in all-reduce all-gather reduce-scatter all-to-all; do grep -q "\"kind\": \"$kind\"" group.jsonl || fail "no $kind"; done
# times of a torch that does nothing are absurd, and rows all the same: no parameter leaves its range
"$program" calibrate alone.jsonl group.jsonl --json >calibrated.json 2>err || fail "calibrate: $(cat err)"

[ $failures = 0 ] && echo "measure holds"
exit $failures
