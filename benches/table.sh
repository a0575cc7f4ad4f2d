#!/bin/sh
# The whole table of the model crate: exactness, speed and memory, on the CPU and, where there is one, on a GPU.
#
#     S2S_DATA_DIR=… [S2S_PEERS_PYTHON=…] sh benches/table.sh [SECONDS [ROUNDS]]
#
# On a machine with a GPU this is the one command: run `cargo xtask libtorch cuda` before it. It then checks that CPU
# and GPU give the same logits, and times training and inference there in single precision and in bfloat16, with the share
# of what the GPU reaches in one large product and of what an H100 is sold with.
#
# S2S_PEERS_PYTHON is an interpreter with numpy and torch 2.11; without it PyTorch's figures are left out, and said so.
# Every figure is a ratio of two runs of this script's own, or is printed beside the command that made it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
rounds=${2:-3}
: "${S2S_DATA_DIR:?is the folder with s2s.jsonl.zst, mp2018.jsonl.zst and peers/}"

echo "== the same numbers: released code (logits, Set2Set, encoder), CGCNN, MEGNet, every device, bfloat16"
cargo test --quiet -p s2s-model --test it -- released baselines invariance precision

model() { cargo bench --quiet --features torch --bench model -- "$@"; }

if cargo run --quiet --features torch --example doctor 2>/dev/null | grep -q "^CUDA  *[0-9]"; then
    echo "== on the GPU: batches of 8 and 256, single precision and bfloat16 (the arithmetic counted is that of the linear maps)"
    nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true
    for precision in single bf16; do
        for batch in 8 256; do model released "$batch" 2 "$seconds" both s2s bucketed "$precision"; done
    done
    for precision in single bf16; do model periodic 256 2 "$seconds" both s2s bucketed "$precision"; done
    if [ -n "${S2S_PEERS_PYTHON:-}" ]; then
        echo "== training (batches of 8) and inference (best batch of each) against PyTorch, on the GPU"
        # Products of a GPU are rounded otherwise, so that sums of all answers may differ and end the comparison.
        S2S_COMPARE_DEVICE=cuda cargo xtask compare model --rounds "$rounds" || echo "== compare ended with status $?"
    fi
else
    echo "== no GPU here: its lines are left out"
fi

if [ -n "${S2S_PEERS_PYTHON:-}" ]; then
    for threads in 1 2; do
        echo "== training (batches of 8) and inference (best batch of each) against PyTorch, $threads thread(s)"
        cargo xtask compare model --threads "$threads" --rounds "$rounds"
    done
else
    echo "== S2S_PEERS_PYTHON is not set: no PyTorch to compare with; our own speed:"
    for threads in 1 2; do model released 8 "$threads" "$seconds"; done
fi

echo "== bfloat16 beside single precision, one thread of the CPU"
for precision in single bf16; do
    CUDA_VISIBLE_DEVICES='' model released 8 1 "$seconds" both s2s bucketed "$precision"
done

echo "== memory of training the paper preset, batches of 64 of MP-2018"
CUDA_VISIBLE_DEVICES='' model paper 64 2 "$seconds" training mp2018 bucketed
CUDA_VISIBLE_DEVICES='' model paper 64 2 "$seconds" training mp2018 shuffled
if [ -n "${S2S_PEERS_PYTHON:-}" ]; then
    model write target/mp2018.json
    "$S2S_PEERS_PYTHON" benches/memory.py target/mp2018.json 12
fi
