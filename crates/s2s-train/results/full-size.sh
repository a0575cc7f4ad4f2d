#!/bin/sh
# Tables 2, 3 and 4 at the size of the paper: every network at full width, pre-trained and not, on the same folds under every
# split, and one table of all of it. It runs unchanged on CPU cores, where it takes nights, and on a GPU; what was killed
# is continued by the same command, and what is done is skipped.
#
#     S2S_DATA_DIR=… sh crates/s2s-train/results/full-size.sh OUT
#
# The paper's network is there in two readings: `paper` as printed but for the place of 1/√d, and `reading` with the options that
# READING lists (residual connections and layer norms, ρ of 4 Å, unless set). Both learn by the paper's recipe, at a rate that falls
# with width and depth; a pre-training or a fold that diverges is reported and recorded, and ends nothing.
#
# It can be made small to be tried out: WIDTH, EPOCHS and LIMIT of pre-training, LAYERS, SPLITS, SEEDS, FOLDS, and FIT_EPOCHS of
# fine-tuning. THREADS is the number of CPU cores used, DEVICE is auto unless set, and BIN is a folder with the examples
# already built, for machines without a compiler.
set -eu
results=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:?is the folder for the results}" && cd "$1" && pwd)
: "${S2S_DATA_DIR:?is the folder with s2s.jsonl.zst and mp2018.jsonl.zst}"
width=${WIDTH:-512}
limit=${LIMIT:+--limit $LIMIT}
machine="--threads ${THREADS:-1} --device ${DEVICE:-auto}"
folds="--folds ${FOLDS:-5}"
splits=$(for split in ${SPLITS:-random formula chemical-system family}; do printf -- '--split %s ' "$split"; done)
reading=${READING:-residual=added norm=before cutoff=4.0}

cd "$results"
if [ -z "${BIN:-}" ]; then
    cargo build --release --features benchmark --example pretrain --example pretrain_energy --example benchmark
    BIN=$results/../../../target/release/examples
fi
# FOLDER PROGRAM [OPTION…]: a pre-training, unless it is done.
pretrain() {
    folder=$1 program=$2
    shift 2
    [ -e "$folder/run.json" ] || "$BIN/$program" $machine --epochs "${EPOCHS:-10}" $limit --out "$folder" "$@" \
        || echo "$folder: pre-training did not end; rows that need it are left out" >&2
}
# NAME CONFIG [OPTION…]: one network on every fold; where CONFIG ends in the folder of a pre-training, only if that is done.
judge() {
    row=$1 network=$2
    shift 2
    case $network in
    *,/*) [ -e "${network##*,}/run.json" ] || return 0 ;;
    esac
    "$BIN/benchmark" --out "$out/s2s" $machine $folds --seeds "${SEEDS:-5}" $splits --network "$row=$network" --model "$row" \
        ${FIT_EPOCHS:+--set fit.epochs=$FIT_EPOCHS} "$@" >/dev/null
}

# NAME OPTION…: Tables 3 and 4 in one reading of the paper. (A shell function has no variables of its own: all names differ.)
read_paper() {
    reading_of=$1
    shift
    for layers in ${LAYERS:-10 5 15}; do
        run=$out/$reading_of-$layers
        size="--set model.encoder.width=$width --set model.head.hidden=[$width] --set model.encoder.layers=$layers"
        pretrain "$run" pretrain --preset paper --recipe paper --width "$width" --layers "$layers" "$@"
        judge "$reading_of-$layers-frozen" "paper,,$run"
        judge "$reading_of-$layers-pretrained" "paper,,$run" --set transfer=initial
        judge "$reading_of-$layers" paper, $size "$@"
        judge "$reading_of-$layers-random-frozen" paper, $size "$@" --set transfer=frozen
        [ "$layers" = 10 ] || continue
        none="--set model.lattice=none --set featurizer.lattice=omitted"
        judge "$reading_of-10-no-lattice-frozen" "paper,,$run" $none
        judge "$reading_of-10-no-lattice" paper, $size "$@" $none
    done
}
read_paper paper
read_paper reading $(for option in $reading; do printf -- '--set model.encoder.%s ' "$option"; done)

size="--set model.encoder.width=$width --set model.encoder.feed_forward=$((4 * width))"
judge released benchmark/released-128.toml $size \
    --set "model.head.hidden=[$((3 * width)),$((width * 16 / 10)),$((width * 8 / 10))]"

for peer in cgcnn megnet; do
    pretrain "$out/$peer-energy" pretrain_energy --preset "$peer"
    judge "$peer" "$peer,benchmark/peer.toml"
    judge "$peer-pretrained" "$peer,benchmark/peer.toml,$out/$peer-energy"
done

half=$((width / 2))
size="--set model.encoder.width=$half --set model.encoder.feed_forward=$width --set model.head.hidden=[$half]"
pretrain "$out/periodic" pretrain --preset periodic --width "$half"
pretrain "$out/periodic-leaky" pretrain --preset periodic --width "$half" --keep-overlap
judge periodic periodic-scratch/config.toml $size
judge periodic-pretrained "periodic-pretrained/config.toml,$out/periodic" $size
judge periodic-leaky "periodic-pretrained/config.toml,$out/periodic-leaky" $size

"$BIN/benchmark" --out "$out/s2s" $folds
