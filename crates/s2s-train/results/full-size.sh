#!/bin/sh
# S2SNet at the paper's size, width 512: Tables 3 and 4, what pre-training brings over three seeds of it, and the released network.
#
#     S2S_DATA_DIR=… sh crates/s2s-train/results/full-size.sh OUT
#
# Rows of all networks, on the same five folds, are in OUT/s2s/table.md. What is done is skipped, what was killed goes on; two
# processes with READINGS=paper and READINGS=reading are halves of it, into one OUT. Nothing in it depends on whether DEVICE is CPU
# cores, on which all committed rows were made, or a GPU. What is asked for first comes first, so that it can be stopped anywhere.
#
# The encoder of the paper is read in two ways: `paper` as printed but for the place of 1/√d, and `reading` with the options that READING
# lists (residual connections, layer norms, ρ of 4 Å, BERT's replacement of masked atoms).
#
# Pre-training is by AdamW with weight decay 0.01, gradients clipped at a norm of 1, a rate that rises and falls, and a layer norm between
# the states and the 95 classes, which the paper does not have. Part `printed` has none of these: Adam at one rate, as the paper prints it.
# All pre-trainings have the rate of networks without layer norms, at which `reading` ended with lower losses too (paper-size.md).
#
# Classifiers learn by the paper's recipe (Adam at one rate, Eq. 6) in batches of 32, at a rate that falls with width and depth, 20 epochs
# with a frozen encoder and 8 with one that learns; the epoch is chosen on a fifth of the training crystals. A fold that diverges is
# recorded, and a pre-training that does keeps its best epoch; one that has none by then is reported, and its rows are left out.
#
# PRECISION is that in which `reading` is pre-trained: single, or bf16, which is faster on a GPU and on CPUs with AVX512-BF16. THREADS is
# the number of CPU cores used, DEVICE is auto unless set, and BIN is a folder with the examples already built. WIDTH (a multiple of 16 for
# the released network), EPOCHS, LIMIT, FROZEN_EPOCHS, LEARNING_EPOCHS and FOLDS make it small to be tried out; LAYERS are the other depths,
# SEED is that of all pre-trainings but for part `seeds`, SEEDS are those of that part, and PARTS some of the functions that this file names.
set -eu
results=$(dirname "$0")
first=${SEED:-1}
out=${1:?is the folder for the results}
mkdir -p "$out"
: "${S2S_DATA_DIR:?is the folder with s2s.jsonl.zst and mp2018.jsonl.zst}"
width=${WIDTH:-512}
limit=${LIMIT:+--limit $LIMIT}
machine="--threads ${THREADS:-1} --device ${DEVICE:-auto}"
reading=${READING:-model.encoder.residual=added model.encoder.norm=before model.encoder.cutoff=4.0 replacement=bert}

if [ -z "${BIN:-}" ]; then
    cargo build -p s2s --release --features benchmark --example pretrain --example benchmark
    BIN=$results/../../../target/release/examples
fi

# NAME SPLIT NETWORK [OPTION…]: a network on every fold.
judge() {
    row=$1 split=$2 network=$3
    shift 3
    "$BIN/benchmark" --out "$out/s2s" $machine --folds "${FOLDS:-5}" --seeds 1 --split "$split" --network "$row=$network" --model "$row" \
        "$@" >/dev/null
}
batches="--set batch.crystals=32 --set pool=256"
frozen_fit="$batches --set fit.epochs=${FROZEN_EPOCHS:-20}" learning_fit="$batches --set fit.epochs=${LEARNING_EPOCHS:-8}"
# NAME LAYERS SEED [OPTION…]: a pre-training, unless it is done.
pretrain() {
    run=$out/$1 depth=$2 seed=$3
    shift 3
    rate=$(awk -v size=$((width * depth)) 'BEGIN { rate = 0.375 / size; printf "%.12g", rate < 0.001 ? rate : 0.001 }')
    [ -e "$run/run.json" ] || "$BIN/pretrain" $machine --preset paper --width "$width" --layers "$depth" --epochs "${EPOCHS:-10}" \
        --seed "$seed" $limit --set "fit.precision=$precision" --set "fit.optimizer.rate=$rate" --out "$run" "$@" \
        || echo "$run: pre-training did not end; rows that need it are left out" >&2
}
# ROW RUN SPLIT [OPTION…]: the encoder of a pre-training, frozen.
frozen() {
    row_of=$1 weights=$out/$2 side=$3
    shift 3
    [ ! -e "$weights/run.json" ] || judge "$row_of" "$side" "paper,,$weights" $frozen_fit "$@"
}
# RUN: the same, learning on.
learning_on() {
    [ ! -e "$out/$1/run.json" ] \
        || judge "$1-pretrained" random "paper,,$out/$1" $learning_fit --set transfer=initial
}
# NAME LAYERS SEED [OPTION…]: a pre-training, and its encoder on random folds, frozen and learning on.
pretrain_and_judge() {
    pretrain "$@"
    frozen "$1-frozen" "$1" random
    learning_on "$1"
}
# ROW SPLIT LAYERS [OPTION…]: a network that was not pre-trained, all of which learns.
scratch() {
    row_of=$1 side=$2 depth=$3
    shift 3
    judge "$row_of" "$side" paper, $learning_fit \
        --set "model.encoder.width=$width" --set "model.head.hidden=[$width]" --set "model.encoder.layers=$depth" "$@"
}

# Each part is given the name of a reading; `options` are those of its pre-training, `encoder` those among them of the network.
pretraining() {
    pretrain_and_judge "$1-10" 10 "$first" $options
}
# `paper`, pre-trained as printed: Adam at one rate, and no layer norm before elements are predicted.
as_printed="--recipe paper --set model.element_norm=omitted"
printed() {
    [ "$1" != paper ] || pretrain_and_judge "$1-10-printed" 10 "$first" $options $as_printed
}
not_pretrained() {
    scratch "$1-10" random 10 $encoder
    scratch "$1-10-random-frozen" random 10 $encoder --set transfer=frozen $frozen_fit
    for layers in ${LAYERS:-5 15}; do
        scratch "$1-$layers" random "$layers" $encoder
        scratch "$1-$layers-random-frozen" random "$layers" $encoder --set transfer=frozen $frozen_fit
    done
}
no_lattice="--set model.lattice=none --set featurizer.lattice=omitted"
lattice() {
    frozen "$1-10-no-lattice-frozen" "$1-10" random $no_lattice
    scratch "$1-10-no-lattice" random 10 $encoder $no_lattice
}
systems() {
    frozen "$1-10-frozen" "$1-10" chemical-system
    [ "$1" != paper ] || frozen "$1-10-printed-frozen" "$1-10-printed" chemical-system
    scratch "$1-10" chemical-system 10 $encoder
    scratch "$1-10-random-frozen" chemical-system 10 $encoder --set transfer=frozen $frozen_fit
}
# Further seeds of the two main pre-trainings, `paper` as printed and `reading`.
seeds() {
    main=$1-10 recipe=''
    [ "$1" != paper ] || { main=$1-10-printed recipe=$as_printed; }
    for next in ${SEEDS:-2 3}; do
        pretrain_and_judge "$main-seed-$next" 10 "$next" $options $recipe
    done
}
depths() {
    for layers in ${LAYERS:-5 15}; do
        pretrain_and_judge "$1-$layers" "$layers" "$first" $options
    done
}
# The paper's way: crystals of S2S are among those of the pre-training.
leaky() {
    pretrain "$1-10-leaky" 10 "$first" $options --keep-overlap
    frozen "$1-10-leaky-frozen" "$1-10-leaky" random
}
# The authors' network, of which there is one reading.
released() {
    [ "$1" = paper ] || return 0
    judge released random "$results/benchmark/released-128.toml" \
        --set "model.encoder.width=$width" --set "model.encoder.feed_forward=$((4 * width))" \
        --set "model.head.hidden=[$((3 * width)),$((width * 16 / 10)),$((width * 8 / 10))]"
}

for part in ${PARTS:-pretraining printed not_pretrained lattice systems seeds depths leaky released}; do
    for name in ${READINGS:-paper reading}; do
        # States that no norm bounds have scores that bfloat16 rounds too far: `paper` is not stable in it.
        options='' encoder='' precision=single
        if [ "$name" = reading ]; then
            precision=${PRECISION:-single}
            for option in $reading; do
                options="$options --set $option"
                case $option in model.*) encoder="$encoder --set $option" ;; esac
            done
        fi
        "$part" "$name"
    done
done
"$BIN/benchmark" --out "$out/s2s" --folds "${FOLDS:-5}"
