#!/bin/bash
# A launch script as people write them, for `traincast import` and --layout: variables, lists, arithmetic, conditions.
#SBATCH --nodes=8
#SBATCH --gpus-per-node=8
GPUS_PER_NODE=8
NNODES=${SLURM_NNODES:-8}
TP=${TP:-2}
PP=2
GBS=$((NNODES * GPUS_PER_NODE * 4))
PRECISION=fp8

MODEL_ARGS=(
    --num-layers 32 --hidden-size 4096 --ffn-hidden-size 14336
    --num-attention-heads 32 --group-query-attention --num-query-groups 8
    --seq-length 8192 --max-position-embeddings 8192
    --position-embedding-type rope --rotary-base 500000
    --swiglu --normalization RMSNorm --disable-bias-linear
    --untie-embeddings-and-output-weights --vocab-size 128256
)
TRAIN_ARGS="--micro-batch-size 1 --global-batch-size $GBS --lr 3e-4 --train-iters 1000"
if [ "$PRECISION" = fp8 ]; then
    TRAIN_ARGS+=" --bf16 --fp8-format hybrid"
else
    TRAIN_ARGS+=" --bf16"
fi
PARALLEL_ARGS=(
    --tensor-model-parallel-size $TP
    --pipeline-model-parallel-size "$PP"
    --sequence-parallel
    --use-distributed-optimizer --overlap-grad-reduce --overlap-param-gather
    --recompute-granularity selective   # the attention's core
    --grad-reduce-in-bf16 --cross-entropy-loss-fusion
)

torchrun --nproc_per_node $GPUS_PER_NODE --nnodes $NNODES \
    pretrain_gpt.py \
    "${MODEL_ARGS[@]}" $TRAIN_ARGS "${PARALLEL_ARGS[@]}" \
    --tokenizer-type HuggingFaceTokenizer --data-path "$DATA" 2>&1 | tee train.log
