#!/bin/sh
# The differences of ROC-AUC that paper-size.md and REPORT.md speak of, on the same folds: benchmark/full-size/differences.md and
# benchmark/paper-search/differences.md, from the committed results of folds.
#
#     S2S_DATA_DIR=… sh crates/s2s-train/results/differences.sh
#
# S2S is the program `s2s`, where it is already built.
set -eu
cd "$(dirname "$0")"

# FOLDER [ARGUMENT…]: writes the differences that are asked for.
write() {
    ${S2S:-cargo run --release --quiet -p s2s-cli --} benchmark classification --out "$@" >/dev/null
}
# ROW REFERENCE…: adds the differences of a row from each of the others to those that are asked for.
compare() {
    row=$1
    shift
    for reference in "$@"; do
        differences="$differences --difference $reference=$row"
    done
}

# The search: what pre-training brings to each reading, in BERT's way and by the mask alone, and to the one as printed in three further ways.
differences=''
for connections in residual plain; do
    for reading in $connections-4-images $connections-4-cell $connections-2-images $connections-2-cell; do
        for replacement in bert mask; do
            compare "$reading-$replacement-frozen" "$reading-random-frozen" "$reading"
            compare "$reading-$replacement-trained" "$reading"
        done
    done
done
for way in no-element-norm paper-recipe printed; do
    compare "plain-2-images-mask-$way-frozen" plain-2-images-random-frozen plain-2-images
done
write benchmark/paper-search $differences

# Full size: what pre-training brings, each seed and in the mean over seeds. Frozen against not pre-trained is the paper's comparison.
differences=''
for network in reading-10 paper-10-printed; do
    scratch=${network%-printed}
    frozen="$network-frozen&$network-seed-2-frozen&$network-seed-3-frozen"
    learning_on="$network-pretrained&$network-seed-2-pretrained&$network-seed-3-pretrained"
    differences="$differences --difference $scratch-random-frozen=$frozen --difference $scratch=$learning_on --difference $scratch=$frozen"
done
compare paper-10-frozen paper-10-random-frozen paper-10
compare paper-10-pretrained paper-10
compare paper-10-rescaled-frozen paper-10-frozen paper-10-random-frozen
for seed in '' -seed-2 -seed-3; do
    compare "paper-10-printed$seed-frozen" paper-10-frozen
done
# One seed of pre-training against another.
for seed in 2 3; do
    compare "reading-10-seed-$seed-frozen" reading-10-frozen
    compare "reading-10-seed-$seed-pretrained" reading-10-pretrained
done
# The lattice, the depth, and one network against another.
compare reading-10-seed-2-frozen reading-10-seed-2-no-lattice-frozen
compare reading-10-seed-3-frozen reading-10-seed-3-no-lattice-frozen
compare reading-10 reading-10-no-lattice reading-5
compare reading-15 reading-10 reading-5
compare reading-5-frozen reading-5-random-frozen reading-5 reading-10-seed-3-frozen
compare reading-5-random-frozen reading-5
compare reading-5-pretrained reading-5 reading-10-seed-3-pretrained
compare reading-15-frozen reading-15-random-frozen reading-15 reading-10-seed-3-frozen reading-5-frozen
compare reading-15-random-frozen reading-15
compare reading-15-pretrained reading-15 reading-10-seed-3-pretrained reading-5-pretrained
# S2S among the crystals of pre-training.
compare reading-10-leaky-frozen reading-10-seed-2-frozen reading-10-random-frozen reading-10
compare paper-10 paper-10-no-lattice paper-5 reading-10
compare paper-10-frozen paper-10-no-lattice-frozen
compare paper-15 paper-10
compare released reading-10
write benchmark/full-size $differences
