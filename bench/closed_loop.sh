#!/bin/sh
# closed_loop.sh PROGRAM: a GPT-2-like step on one core of this computer, forecast from its measured kernels and measured.
set -eu
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
source=$(cd "$(dirname "$0")" && pwd)/bench_gpt2_step.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cc -std=c17 -O3 -march=native -ffast-math "$source" -o step -lm -ldl
export OPENBLAS_NUM_THREADS=1
mkdir -p mine/accelerators
cat >mine/accelerators/this-computer.yaml <<'END'
format: 1
slug: this-computer
name: One core of this computer
vendor: Example
architecture: generic
sources: {guess: "a first guess; the measured kernels move it"}
device:
  memory: {value: "8 GB", source: guess}
  memory_bandwidth: {value: "10 GB/s", source: guess}
  cores: {value: 1, source: guess}
  clock: {value: "2.5 GHz", source: guess}
  matmul: {fp32: {value: "80 GFLOP/s", source: guess}}
  vector: {value: "10 GFLOP/s", source: guess}
fabric: dgx-a100
END
./step kernels >kernels.jsonl
"$program" calibrate kernels.jsonl --catalog mine --output own >/dev/null
for layers in 2 4; do
    cat >model.yaml <<END
format: 1
slug: model
name: GPT-2-like
family: gpt
hidden: 512
vocab: 8192
seq: 256
positions: learned
norm: layer
tied_embeddings: true
blocks:
  - count: $layers
    attention: {heads: 8, kv_heads: 8, head_dim: 64}
    mlp: {kind: plain, ffn: 2048}
END
    forecast=$("$program" step --model ./model.yaml --catalog mine --catalog own --accelerator this-computer --devices 1 --stack llm.c --dtype fp32 \
        --attention plain --micro-batch 2 --global-batch 2 --csv | sed -n 's/^step_s,\([0-9.]*\).*/\1/p')
    measured=$(./step $layers 512 8 8192 256 2 3)
    awk -v l=$layers -v f="$forecast" -v m="$measured" 'BEGIN {printf "%d layers: %.3f s measured, %.3f s forecast, %+.1f %%\n", l, m, f, 100 * (f / m - 1)}'
done
