# A job of MindSpeed-LLM's FSDP2 backend: keys of its YAML as arguments.
torchrun --nproc_per_node 16 --nnodes $NNODES train_fsdp2.py examples/fsdp2/qwen3_moe/pretrain.yaml \
    --model.model_name_or_path ./model_weights/qwen3-235b/ \
    --parallel.fsdp_size 256 --parallel.ep_size 2 --parallel.ep_fsdp_size 128 \
    --training.per_device_train_batch_size 4 --training.gradient_accumulation_steps 1 \
    --optimization.chunk_loss_size 1024 --optimization.use_flash_attn True | tee train.log
