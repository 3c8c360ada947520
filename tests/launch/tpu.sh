# A job of MaxText: KEY=VALUE after the base configuration.
export LIBTPU_INIT_ARGS="--xla_tpu_enable_async_collective_fusion=true --xla_enable_async_all_gather=true"
for ARGUMENT in "$@"; do
    IFS='=' read -r KEY VALUE <<< "$ARGUMENT"
    export "$KEY"="$VALUE"
done
python3 -m maxtext.trainers.pre_train.train "${ROOT:-$PWD}/base.yml" model_name=llama2-70b\
  base_output_directory=$OUTPUT_PATH remat_policy=save_dot_except_mlpwi per_device_batch_size=4\
  steps=30 max_target_length=4096 enable_checkpointing=false
