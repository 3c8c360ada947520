# A mixture of experts with latent attention on NPUs: layers that do nothing, V-shaped pipeline, states swapped.
NPUS_PER_NODE=16
NNODES=32
TP=2; PP=8; EP=32
DISTRIBUTED_ARGS="
    --nproc_per_node $NPUS_PER_NODE \
    --nnodes $NNODES \
    --node_rank $NODE_RANK
"
MODEL_ARGS="
    --num-layers 64 --noop-layers 61,62,63 \
    --hidden-size 7168 --ffn-hidden-size 18432 --num-attention-heads 128 \
    --multi-latent-attention --q-lora-rank 1536 --kv-lora-rank 512 \
    --qk-head-dim 128 --qk-pos-emb-head-dim 64 --v-head-dim 128 \
    --num-experts 256 --moe-router-topk 8 --moe-ffn-hidden-size 2048 \
    --moe-shared-expert-intermediate-size 2048 \
    --first-k-dense-replace 3 --moe-layer-freq 1 --moe-grouped-gemm \
    --moe-token-dispatcher-type alltoall --mtp-num-layers 1 \
    --padded-vocab-size 129280 --position-embedding-type rope --swiglu \
    --normalization RMSNorm --disable-bias-linear --untie-embeddings-and-output-weights
"
case $TP in
    1) ;;
    2 | 4 | 8) PARALLEL_ARGS="--sequence-parallel" ;;
    *) exit 1 ;;
esac
python -m torch.distributed.launch $DISTRIBUTED_ARGS pretrain_gpt.py $MODEL_ARGS $PARALLEL_ARGS \
    --tensor-model-parallel-size ${TP} --pipeline-model-parallel-size ${PP} \
    --expert-model-parallel-size ${EP} --expert-tensor-parallel-size 1 \
    --schedules-method dualpipev --moe-fb-overlap --swap-optimizer \
    --recompute-granularity full --recompute-method block --recompute-num-layers 2 \
    --use-distributed-optimizer --use-flash-attn --bf16 \
    --seq-length 4096 --micro-batch-size 1 --global-batch-size 3840 | tee train.log
