//! Sharding of the batches of an optimizer step, and the order in which their gradients are added.
//!
//! The batches are divided into two heaps of about equal work, each heap into two again, and so on down to single batches:
//! a tree whose leaves are the batches. Gradients are added up along it. Of 2, 4, 8, … processes each gets one branch,
//! learns it as a process alone would, and the branches are added in pairs of pairs: every sum has the same two terms
//! however many processes there are. Any other number of processes gets as many heaps, and adds in another order.

use std::{cmp::Reverse, ops::Range};

/// A batch that this process computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AssignedBatch {
    pub(crate) batch: usize,
    /// How often the last two sums of gradients are added afterwards.
    pub(crate) joins: usize,
}

/// The batches of a step that process `rank` of `size` computes.
///
/// It depends on these arguments alone, so that every process computes its part without communication.
pub(crate) fn shard_batches(
    step: Range<usize>,
    work: impl Fn(usize) -> u64,
    rank: usize,
    size: usize,
) -> Vec<AssignedBatch> {
    let mut heap: Vec<Batch> = step.map(|number| Batch { number, work: work(number) }).collect();
    heap.sort_by_key(|batch| (Reverse(batch.work), batch.number));
    let mut ranks = 0..size;
    while ranks.len() > 1 {
        let branches = if ranks.len() % 2 == 0 { 2 } else { ranks.len() };
        let each = ranks.len() / branches;
        let branch = (rank - ranks.start) / each;
        heap = heaps(&heap, branches).swap_remove(branch);
        ranks = ranks.start + branch * each..ranks.start + (branch + 1) * each;
    }
    let mut turns = Vec::with_capacity(heap.len());
    climb(&heap, &mut turns);
    turns
}

#[derive(Clone, Copy, Debug)]
struct Batch {
    number: usize,
    work: u64,
}

/// Batches from large to small, each put where there is least so far: heaps from large to small, of about equal work.
fn heaps(batches: &[Batch], count: usize) -> Vec<Vec<Batch>> {
    let mut heaps = vec![Vec::new(); count];
    let mut works = vec![0_u64; count];
    for batch in batches {
        let least = (0..count).min_by_key(|&heap| works[heap]).unwrap_or_default();
        // What looks like no work is some: a heap with a batch comes after one without.
        works[least] += batch.work.max(1);
        heaps[least].push(*batch);
    }
    heaps
}

/// The batches of a branch, each after what is to be added before it.
fn climb(heap: &[Batch], turns: &mut Vec<AssignedBatch>) {
    if let [batch] = heap {
        turns.push(AssignedBatch { batch: batch.number, joins: 0 });
    }
    if heap.len() > 1 {
        heaps(heap, 2).iter().for_each(|half| climb(half, turns));
        if let Some(last) = turns.last_mut() {
            last.joins += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use s2s_featurize::RandomStream;

    use super::*;

    /// The sum of some processes, as a formula: the same text is the same order of additions.
    fn formula(works: &[u64], size: usize) -> String {
        let part = |rank: usize| {
            let mut sums: Vec<String> = Vec::new();
            for turn in shard_batches(10..10 + works.len(), |batch| works[batch - 10], rank, size) {
                sums.push(turn.batch.to_string());
                for _ in 0..turn.joins {
                    let (right, left) = (sums.pop().expect("two"), sums.pop().expect("two"));
                    sums.push(format!("({left}+{right})"));
                }
            }
            assert!(sums.len() < 2, "a branch has one sum");
            sums.pop().unwrap_or_default()
        };
        let mut sums: Vec<String> = (0..size).map(part).collect();
        while sums.len() > 1 {
            let pair = |pair: &[String]| match pair {
                [left, right] if !right.is_empty() => format!("({left}+{right})"),
                _ => pair[0].clone(),
            };
            sums = sums.chunks(2).map(pair).collect();
        }
        sums.remove(0)
    }

    #[test]
    fn any_power_of_two_adds_in_the_same_order() {
        assert_eq!(formula(&[1, 9, 5, 5], 1), "((11+10)+(12+13))");
        let mut stream = RandomStream::new(*b"sharding", 1, 0, 0);
        for batches in 1..40 {
            let works: Vec<u64> = (0..batches).map(|_| stream.below(300) as u64).collect();
            let alone = formula(&works, 1);
            for size in [2, 4, 8, 64] {
                assert_eq!(formula(&works, size), alone, "{works:?}");
            }
        }
    }

    #[test]
    fn every_batch_is_learned_once_and_shares_are_about_equal() {
        let mut stream = RandomStream::new(*b"sharding", 2, 0, 0);
        for size in [1, 2, 3, 4, 6, 8] {
            let works: Vec<u64> = (0..48).map(|_| 8 + stream.below(400) as u64).collect();
            let parts: Vec<Vec<AssignedBatch>> =
                (0..size).map(|rank| shard_batches(0..48, |batch| works[batch], rank, size)).collect();
            let mut seen: Vec<usize> = parts.iter().flatten().map(|turn| turn.batch).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..48).collect::<Vec<usize>>());
            let largest = parts.iter().map(|part| part.iter().map(|turn| works[turn.batch]).sum::<u64>()).max();
            let fair = works.iter().sum::<u64>() as f64 / size as f64;
            assert!(largest.is_some_and(|largest| (largest as f64) < 1.05 * fair), "{size}: {largest:?} of {fair}");
        }
    }
}
