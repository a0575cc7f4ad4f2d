#!/bin/sh
# The search for the reading of the paper, at width 128 and ten layers: with residual connections and layer norms or with
# neither, ρ of 2 or 4 Å, neighbors within the cell or across periodic images, masked atoms all replaced by the mask or as in BERT;
# pre-trained and frozen, pre-trained and trained on, not pre-trained, and random and frozen; five random folds each.
#
#     S2S_DATA_DIR=… sh crates/s2s-train/results/paper-search.sh OUT
#
# What is done is skipped, what was killed goes on. Pre-training sees 20,000 crystals three times, by our schedule (AdamW, clipped
# gradients, a rate that rises and falls, a layer norm before elements are predicted); all that follows is learned by the paper's
# recipe (Adam at one rate, that of the pre-training; Eq. 6) in batches of 32, 40 epochs with a frozen encoder and 12 with one that
# learns. A reading may be chosen by the column "validation ROC-AUC" of OUT/s2s/table.md alone. WIDTH, LAYERS, LIMIT, EPOCHS,
# FIT_EPOCHS, LEARNING_EPOCHS and FOLDS make it small to be tried out; THREADS is 1 unless set; BIN is a folder with the examples
# already built. CONNECTIONS="residual" and "plain" are halves of the search, which two processes may run into one OUT.
set -eu
results=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "${1:?is the folder for the results}" && cd "$1" && pwd)
: "${S2S_DATA_DIR:?is the folder with s2s.jsonl.zst and mp2018.jsonl.zst}"
width=${WIDTH:-128}
threads=${THREADS:-1}
frozen=${FIT_EPOCHS:-40} learning=${LEARNING_EPOCHS:-12}

cd "$results"
if [ -z "${BIN:-}" ]; then
    cargo build -p s2s --release --features benchmark --example pretrain --example benchmark --example encoder_states
    BIN=$results/../../../target/release/examples
fi

size="--set model.encoder.width=$width --set model.head.hidden=[$width] --set model.encoder.layers=${LAYERS:-10}"
# NAME RUN EPOCHS [OPTION…]: one network on every fold, by the paper's recipe.
judge() {
    row=$1 weights=$2 epochs=$3
    shift 3
    "$BIN/benchmark" --out "$out/s2s" --threads "$threads" --seeds 1 --split random --folds "${FOLDS:-5}" \
        --network "$row=paper,,$weights" --model "$row" \
        --set batch.crystals=32 --set pool=32 --set "fit.epochs=$epochs" --set "fit.optimizer.rate=$rate" "$@" >/dev/null
}

# READING RUN-OF-PRETRAIN OPTION…
pretrained() {
    reading=$1 run=$2
    shift 2
    if [ ! -e "$run/run.json" ]; then
        "$BIN/pretrain" --threads "$threads" --preset paper --width "$width" --layers "${LAYERS:-10}" --epochs "${EPOCHS:-3}" \
            --limit "${LIMIT:-20000}" --set "fit.optimizer.rate=$rate" --out "$run" "$@" || { echo "$reading: pre-training did not end" >&2; return 0; }
    fi
    judge "$reading-frozen" "$run" "$frozen"
}

each_reading() {
    for layer in ${CONNECTIONS:-residual plain}; do
        connections="--set model.encoder.residual=added --set model.encoder.norm=before" rate=0.001
        # At 10⁻³ states without norms double from layer to layer, and masked atoms are named little better than by frequency.
        [ "$layer" = plain ] && connections= rate=0.0003
        for cutoff in 4 2; do
            for neighbors in images cell; do
                "$1" "$layer-$cutoff-$neighbors" $connections --set "model.encoder.cutoff=$cutoff.0" \
                    --set "model.encoder.neighbors=$neighbors"
            done
        done
    done
}
learn_masked() {
    base=$1
    shift
    for replacement in bert mask; do
        pretrained "$base-$replacement" "$out/$base-$replacement" "$@" --set "replacement=$replacement"
    done
}
# The reading as printed in three further ways: without the layer norm before elements, by the paper's recipe (Adam at one rate), and
# with both, which is pre-training as printed.
as_printed() {
    [ "$1" = plain-2-images ] || return 0
    base=$1-mask
    shift
    pretrained "$base-no-element-norm" "$out/$base-no-element-norm" "$@" --set replacement=mask --set model.element_norm=omitted
    pretrained "$base-paper-recipe" "$out/$base-paper-recipe" "$@" --set replacement=mask --recipe paper
    pretrained "$base-printed" "$out/$base-printed" "$@" --set replacement=mask --set model.element_norm=omitted --recipe paper
}
not_pretrained() {
    base=$1
    shift
    judge "$base-random-frozen" "" "$frozen" $size "$@" --set transfer=frozen
    judge "$base" "" "$learning" $size "$@"
}
train_on() {
    for replacement in bert mask; do
        [ -e "$out/$1-$replacement/run.json" ] || continue
        judge "$1-$replacement-trained" "$out/$1-$replacement" "$learning" --set transfer=initial
    done
}

# OUT/states.json: how far the pre-trained encoders keep atoms apart, and the same with random weights.
states() {
    set --
    for run in "$out"/*/run.json; do
        [ ! -e "$run" ] || set -- "$@" --pretrained "${run%/run.json}"
    done
    [ $# = 0 ] || "$BIN/encoder_states" "$@" --out "$out/states.json"
}

each_reading learn_masked
each_reading as_printed
each_reading not_pretrained
each_reading train_on
states
"$BIN/benchmark" --out "$out/s2s" --folds "${FOLDS:-5}"
