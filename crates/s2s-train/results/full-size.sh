#!/bin/sh
# Tables 2, 3 and 4 at the size of the paper: every network at full width, pre-trained and not, on the same folds under every
# split, and one table of all of it. Meant for a GPU, where it takes hours; what was killed is continued by the same command.
#
#     S2S_DATA_DIR=… sh crates/s2s-train/results/full-size.sh OUT
#
# It can be made small to be tried out: WIDTH, EPOCHS and LIMIT of pre-training, SPLITS, SEEDS, and FIT_EPOCHS of fine-tuning.
# BIN is a folder with the examples already built, for machines without a compiler.
set -eu
results=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:?is the folder for the results}" && cd "$1" && pwd)
: "${S2S_DATA_DIR:?is the folder with s2s.jsonl.zst and mp2018.jsonl.zst}"
width=${WIDTH:-512}
epochs=${EPOCHS:-10}
limit=${LIMIT:+--limit $LIMIT}
splits=$(for split in ${SPLITS:-random formula chemical-system family}; do printf -- '--split %s ' "$split"; done)

if [ -z "${BIN:-}" ]; then
    (cd "$results" && cargo build --release --features benchmark --example pretrain --example pretrain_energy --example benchmark)
    BIN=$results/../../../target/release/examples
fi
pretrain() { "$BIN/pretrain" --epochs "$epochs" $limit "$@"; }
energy() { "$BIN/pretrain_energy" --epochs "$epochs" $limit --preset "$1" --out "$out/$1-energy"; }
# NAME CONFIG [OPTION…]: one network on every fold.
judge() {
    name=$1 network=$2
    shift 2
    "$BIN/benchmark" --out "$out/s2s" --seeds "${SEEDS:-5}" $splits --network "$name=$network" --contender "$name" \
        ${FIT_EPOCHS:+--set fit.epochs=$FIT_EPOCHS} "$@" >/dev/null
}

for peer in cgcnn megnet; do
    energy "$peer"
    judge "$peer" "$peer,$results/benchmark/peer.toml"
    judge "$peer-pretrained" "$peer,$results/benchmark/peer.toml,$out/$peer-energy"
done

paper=$results/paper-regularized/config.toml
for layers in 5 10 15; do
    # Without residual connections ten layers of width 128 end in NaN at a rate of 0.002; fifteen of 512 begin well at this one.
    pretrain --preset paper --width "$width" --layers "$layers" --set fit.optimizer.rate=0.00025 --out "$out/paper-$layers"
    size="--set model.encoder.width=$width --set model.head.hidden=[$width] --set model.encoder.layers=$layers"
    judge "paper-$layers" "$paper" $size
    judge "paper-$layers-pretrained" "$paper,$out/paper-$layers" $size
    judge "paper-$layers-frozen" "$paper,$out/paper-$layers" $size --set 'transfer="frozen"'
    if [ "$layers" = 10 ]; then
        for lattice in none rows invariant; do
            read=$lattice
            [ "$lattice" = none ] && read=omitted
            judge "paper-10-$lattice" "$paper" $size --set "model.lattice=$lattice" --set "featurizer.lattice=$read"
        done
    fi
done

size="--set model.encoder.width=$width --set model.encoder.feed_forward=$((4 * width))"
judge released "$results/benchmark/released-128.toml" $size \
    --set "model.head.hidden=[$((3 * width)),$((width * 16 / 10)),$((width * 8 / 10))]"

half=$((width / 2))
size="--set model.encoder.width=$half --set model.encoder.feed_forward=$width --set model.head.hidden=[$half]"
pretrain --preset periodic --width "$half" --out "$out/periodic"
pretrain --preset periodic --width "$half" --keep-overlap --out "$out/periodic-leaky"
judge periodic "$results/periodic-scratch/config.toml" $size
judge periodic-pretrained "$results/periodic-pretrained/config.toml,$out/periodic" $size
judge periodic-leaky "$results/periodic-pretrained/config.toml,$out/periodic-leaky" $size

"$BIN/benchmark" --out "$out/s2s"
