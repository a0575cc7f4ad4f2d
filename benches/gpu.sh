#!/bin/sh
# All that is to be learned from a GPU, in one call and a given time: the same logits as on the CPU for every network,
# speed in f32, TF32 and bfloat16 against PyTorch and against the rate of one large matrix product, NCCL among one and two
# processes, and pre-training of the paper's network (512 × 10) and of the encoder of `wide` for what is left of the time.
#
#     sh gpu.sh DATA [SECONDS [OUT]]
#
# `cargo xtask bundle` puts this file, the programs that it runs (bin/, for libtorch 2.11) and the data into one folder that needs no
# toolchain. The libtorch is that of the Python in PYTHON (python3 unless set) if its PyTorch is 2.11, else the one that the
# programs were built with. OUT (results unless set) gets small files: one per step, table.md, and the newest weights of the
# pre-trainings in parts of 15 MB (`cat pretrain-paper.safetensors.* > model.safetensors`). RUNS keeps the checkpoints: the same call
# goes on where it stopped. A step that fails is recorded, and the others go on.
#
# To be tried out on a CPU, it can be made small: PRESETS, PRECISIONS, BATCHES, SPEED (seconds of each timing), ROUNDS; and of
# pre-training PRETRAINED (presets), WIDTH, LAYERS, EPOCHS and LIMIT (crystals).
set -u
here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-$here/bin}
data=${1:?is the folder with s2s.jsonl.zst and mp2018.jsonl.zst}
S2S_DATA_DIR=$(cd "$data" && pwd) || exit 1
export S2S_DATA_DIR
end=$(($(date +%s) + ${2:-540}))
out=${3:-results}
runs=${RUNS:-$out-runs}
python=${PYTHON:-python3}
mkdir -p "$out" "$runs" || exit 1

# Seconds until the end, less the argument; at least one.
left() {
    rest=$((end - $(date +%s) - ${1:-0}))
    [ "$rest" -gt 1 ] && echo "$rest" || echo 1
}
# NAME FILE COMMAND…: a step whose lines are appended to FILE.
step() {
    name=$1 file=$2
    shift 2
    echo "== $name ($(left) s left)"
    timeout "$(left 5)" "$@" >>"$out/$file" 2>"$out/log"
    status=$?
    [ "$status" = 0 ] || { echo "$name: status $status"; tail -n 3 "$out/log"; } | tee -a "$out/failed.txt"
}

libtorch=$("$python" -c '
import os, torch
print(os.path.join(os.path.dirname(torch.__file__), "lib") if torch.__version__.startswith("2.11.") else "")' 2>/dev/null)
[ -z "$libtorch" ] || export LD_LIBRARY_PATH="$libtorch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
rm -f "$out/failed.txt"
for file in agree speed processes pretrain compare-single compare-tf32 compare-bf16; do rm -f "$out/$file.jsonl"; done
{
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo "no NVIDIA driver"
    echo "libtorch: $([ -n "$libtorch" ] && echo "that of PyTorch" || echo "the one of the build")"
    "$bin/doctor"
} >"$out/device.txt" 2>&1
cat "$out/device.txt"
device=cpu
grep -q '^CUDA  *[0-9]' "$out/device.txt" && device=cuda

step "the same logits" agree.jsonl "$bin/model" agree

for precision in ${PRECISIONS:-single tf32 bf16}; do
    for preset in ${PRESETS:-released paper periodic wide}; do
        for batch in ${BATCHES:-8 256}; do
            step "$preset in $precision, batches of $batch" speed.jsonl \
                "$bin/model" "$preset" "$batch" 1 "${SPEED:-6}" both s2s bucketed "$precision"
        done
    done
done

# PRECISION ROUND COMMAND…: one side of a comparison.
beside() {
    of=$1 number=$2
    shift 2
    S2S_COMPARE_DEVICE=$device S2S_COMPARE_PRECISION=$of OMP_NUM_THREADS=1 \
        step "round $number beside PyTorch in $of: $(basename "$1")" "compare-$of.jsonl" "$@"
}
inputs=$runs/compare
mkdir -p "$inputs"
"$bin/compare_model" prepare "$inputs"
for precision in ${PRECISIONS:-single tf32 bf16}; do
    for round in $(seq "${ROUNDS:-3}"); do
        beside "$precision" "$round" "$bin/compare_model" measure "$inputs"
        beside "$precision" "$round" "$python" "$here/compare/model.py" measure "$inputs"
    done
done

# COUNT PROGRAM…: a group of processes on this machine; the status is that of the first that failed.
group() {
    count=$1
    shift
    port=$((20000 + $$ % 20000))
    members=
    for rank in $(seq 0 $((count - 1))); do
        RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=$count LOCAL_WORLD_SIZE=$count MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
            GLOO_SOCKET_IFNAME=lo S2S_DIST_TIMEOUT=60 TORCH_CPP_LOG_LEVEL=FATAL TORCH_NCCL_BLOCKING_WAIT=1 OMP_NUM_THREADS=1 \
            timeout "$(left 5)" "$@" >"$out/log-$rank" 2>&1 &
        members="$members $!"
    done
    result=0
    for member in $members; do wait "$member" || result=$?; done
    [ "$result" = 0 ] || tail -n 2 "$out"/log-* | tee -a "$out/failed.txt"
    return "$result"
}
small="--preset paper --width 64 --layers 2 --epochs 1 --limit ${GROUP_LIMIT:-2000}"
for count in 1 2; do
    echo "== $count process(es) that train together ($(left) s left)"
    begun=$(date +%s)
    group "$count" "$bin/pretrain" $small --json
    echo "{\"processes\": $count, \"what\": \"pretrain $small\", \"status\": $?, \"seconds\": $(($(date +%s) - begun))}" \
        >>"$out/processes.jsonl"
done
if [ -x "$bin/processes" ]; then
    begun=$(date +%s)
    step "operations of process groups, NCCL where there are GPUs" processes.txt "$bin/processes"
    echo "{\"processes\": \"1, 2, 4\", \"what\": \"every operation\", \"status\": $status, \"seconds\": $(($(date +%s) - begun))}" \
        >>"$out/processes.jsonl"
fi

# PRESET SECONDS: goes on with a pre-training, and keeps what it has learned.
pretrain() {
    preset=$1 run=$runs/pretrain-$1
    echo "== pre-training $preset for $2 s ($(left) s left)"
    begun=$(date +%s)
    timeout -s KILL "$2" "$bin/pretrain" --preset "$preset" --width "${WIDTH:-512}" --layers "${LAYERS:-10}" \
        --epochs "${EPOCHS:-10}" ${LIMIT:+--limit "$LIMIT"} --device auto --out "$run" >"$out/pretrain-$preset.txt" 2>&1
    status=$?
    # 137 is the end of the time: the run has a checkpoint, and goes on with the next call.
    "$bin/model" progress "$run" "$preset" "$status" "$(($(date +%s) - begun))" >>"$out/pretrain.jsonl"
    case $status in 0 | 137) ;; *) { echo "pre-training $preset: status $status"; tail -n 3 "$out/pretrain-$preset.txt"; } |
        tee -a "$out/failed.txt" ;; esac
    newest=$(ls -t "$run"/model/*.safetensors "$run"/checkpoints/*/model.safetensors 2>/dev/null | head -n 1)
    rm -f "$out/pretrain-$preset.safetensors".*
    [ -z "$newest" ] || split -b 15000000 "$newest" "$out/pretrain-$preset.safetensors."
}
# Each takes two thirds of what is left, the last one all of it.
set -- ${PRETRAINED:-paper wide}
while [ "$#" -gt 1 ]; do
    pretrain "$1" "$(($(left 15) * 2 / 3))"
    shift
done
pretrain "$1" "$(left 10)"

rm -f "$out/log" "$out"/log-*
"$bin/model" table "$out" >"$out/table.md"
cat "$out/table.md"
[ ! -s "$out/failed.txt" ]
