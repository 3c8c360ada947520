#!/usr/bin/env python3
"""Measures kernels and collectives of this machine's GPUs or NPUs, as JSON Lines for `traincast calibrate`.

  python3 measure.py --accelerator h100-sxm > kernels.jsonl
  torchrun --nproc-per-node 8 measure.py --accelerator h100-sxm --fabric dgx-h100 > kernels.jsonl
  traincast calibrate kernels.jsonl --output mine

Needs PyTorch; torch_npu for Ascend. --accelerator and --fabric are slugs of traincast's catalog, or of your own. Matrix products in
16 bit as training has them, fused attention, copies in memory; with several processes also collectives. Each is timed as the median of
groups of calls, so that the host's part hides behind the device. Nothing of the host, its name or its paths is printed.
"""
import argparse
import json
import os
import statistics
import sys
import time

import torch

try:
    import torch_npu  # noqa: F401  Ascend: registers the device "npu"
except ImportError:
    pass


def find_device():
    """"cuda" (also of ROCm), "npu", "xpu", or "cpu"."""
    for name in ("cuda", "npu", "xpu"):
        module = getattr(torch, name, None)
        if module is not None and module.is_available():
            return name, module
    return "cpu", None


def seconds_of(call, module, least):
    """Median time of a call: groups of calls that together last for `least` seconds."""
    def wait():
        if module is not None:
            module.synchronize()

    for _ in range(3):  # compile, fill caches, raise the clock
        call()
    wait()
    start = time.perf_counter()
    call()
    wait()
    once = max(time.perf_counter() - start, 1e-6)
    group = max(1, min(200, int(0.02 / once)))
    times, begun = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begun < least:
        wait()
        start = time.perf_counter()
        for _ in range(group):
            call()
        wait()
        times.append((time.perf_counter() - start) / group)
        if len(times) >= 1000:
            break
    return statistics.median(times)


class Printer:
    def __init__(self, accelerator, first):
        self.accelerator, self.first = accelerator, first

    def row(self, kind, seconds, **fields):
        if not self.first:  # one process speaks for all
            return
        row = {"kind": kind, "accelerator": self.accelerator}
        row.update(fields)
        row["us"] = round(1e6 * seconds, 3)
        print(json.dumps(row), flush=True)


def measure_products(p, device, module, least, dtype, quick):
    shapes = [(4096, 4096, 4096), (8192, 8192, 8192), (4096, 6144, 4096), (4096, 4096, 14336), (4096, 28672, 4096),
              (8192, 1024, 8192), (8192, 8192, 1024), (2048, 2048, 2048), (1024, 1024, 8192), (4096, 128256, 4096)]
    for m, n, k in shapes[:2] if quick else shapes:
        a = torch.randn(m, k, device=device, dtype=dtype)
        b = torch.randn(k, n, device=device, dtype=dtype)
        p.row("gemm", seconds_of(lambda: torch.matmul(a, b), module, least), dtype="bf16", m=m, n=n, k=k)
        del a, b


def measure_attention(p, device, module, least, dtype, quick):
    attend = torch.nn.functional.scaled_dot_product_attention
    for sequences, seq, heads, width in [(2, 4096, 32, 128)] if quick else [(2, 4096, 32, 128), (1, 16384, 16, 128),
                                                                         (8, 2048, 16, 128), (1, 8192, 32, 128)]:
        q, k, v = (torch.randn(sequences, heads, seq, width, device=device, dtype=dtype, requires_grad=True)
                   for _ in range(3))
        fields = {"dtype": "bf16", "sequences": sequences, "seq": seq, "heads": heads, "head_dim": width, "causal": True}
        forward = seconds_of(lambda: attend(q, k, v, is_causal=True), module, least)
        p.row("attention", forward, **fields, **{"pass": "forward"})
        out = attend(q, k, v, is_causal=True)
        gradient = torch.randn_like(out)
        backward = seconds_of(lambda: out.backward(gradient, retain_graph=True), module, least)
        p.row("attention", backward, **fields, **{"pass": "backward"})
        del q, k, v, out, gradient


def measure_memory(p, device, module, least, quick):
    for size in [1 << 28] if quick else [1 << 28, 1 << 30]:
        a = torch.empty(size // 4, device=device, dtype=torch.float32)
        b = torch.empty_like(a)
        p.row("memory", seconds_of(lambda: b.copy_(a), module, least), bytes=2 * size)  # read and written
        del a, b


def measure_collectives(p, device, module, least, dtype, quick, fabric):
    import torch.distributed as dist
    ranks = dist.get_world_size()
    for size in [1 << 24] if quick else [1 << 20, 1 << 24, 1 << 27, 1 << 29]:
        count = size // 2 // ranks * ranks
        whole = torch.zeros(count, device=device, dtype=dtype)
        part = torch.zeros(count // ranks, device=device, dtype=dtype)
        other = torch.zeros_like(whole)
        calls = {"all-reduce": lambda: dist.all_reduce(whole),
                 "all-gather": lambda: dist.all_gather_into_tensor(whole, part),
                 "reduce-scatter": lambda: dist.reduce_scatter_tensor(part, whole),
                 "all-to-all": lambda: dist.all_to_all_single(other, whole)}
        for kind, call in calls.items():
            # ranks must call equally often: a fixed number of times
            for _ in range(3):
                call()
            times = []
            for _ in range(7):
                dist.barrier()
                if module is not None:
                    module.synchronize()
                start = time.perf_counter()
                for _ in range(5):
                    call()
                if module is not None:
                    module.synchronize()
                times.append((time.perf_counter() - start) / 5)
            p.row(kind, statistics.median(times), fabric=fabric, ranks=ranks, bytes=2 * count)
        del whole, part, other


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--accelerator", required=True, help="slug of traincast's catalog: h100-sxm, ascend-910b2, ...")
    parser.add_argument("--fabric", help="slug of what joins the devices; needed with several processes")
    parser.add_argument("--seconds", type=float, default=0.5, help="least time of each kernel (0.5)")
    parser.add_argument("--quick", action="store_true", help="a few kernels alone")
    options = parser.parse_args()
    device, module = find_device()
    ranks, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    if ranks > 1 and not options.fabric:
        sys.exit("measure.py: --fabric is needed with several processes: the slug of what joins the devices")
    if device != "cpu":
        module.set_device(local)
        device = f"{device}:{local}"
    dtype = torch.bfloat16
    p = Printer(options.accelerator, int(os.environ.get("RANK", "0")) == 0)
    measure_products(p, device, module, options.seconds, dtype, options.quick)
    measure_attention(p, device, module, options.seconds, dtype, options.quick)
    measure_memory(p, device, module, options.seconds, options.quick)
    if ranks > 1:
        import torch.distributed as dist
        dist.init_process_group({"cuda": "nccl", "npu": "hccl", "xpu": "ccl"}.get(device.split(":")[0], "gloo"))
        measure_collectives(p, device, module, options.seconds, dtype, options.quick, options.fabric)
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
