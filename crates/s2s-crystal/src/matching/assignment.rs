//! The linear assignment problem: rows paired with columns at the least cost.

/// For every row of an `n × n` matrix of costs, its column in an assignment of least total cost.
///
/// Where every row has its cheapest column to itself, that is the answer; otherwise shortest augmenting paths.
///
/// # Source
///
/// Jonker and Volgenant, Computing 38, 325 (1987).
pub(super) fn assign(costs: &[f64], n: usize) -> Vec<usize> {
    let cheapest = |row: &[f64]| (0..n).min_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or_default();
    let greedy: Vec<usize> = costs.chunks_exact(n.max(1)).map(cheapest).collect();
    let mut taken = vec![false; n];
    if greedy.iter().all(|column| !std::mem::replace(&mut taken[*column], true)) {
        return greedy;
    }
    // Row `n` is where paths end: it stands for no row at all.
    let (mut row_price, mut column_price) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut row_of = vec![n; n + 1];
    for row in 0..n {
        row_of[n] = row;
        let mut column = n;
        let mut least = vec![f64::INFINITY; n];
        let mut from = vec![n; n];
        let mut done = vec![false; n + 1];
        while row_of[column] != n {
            done[column] = true;
            let current = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, n);
            for j in (0..n).filter(|j| !done[*j]) {
                let reduced = costs[current * n + j] - row_price[current] - column_price[j];
                if reduced < least[j] {
                    least[j] = reduced;
                    from[j] = column;
                }
                if least[j] < step {
                    step = least[j];
                    next = j;
                }
            }
            for j in 0..=n {
                if done[j] {
                    row_price[row_of[j]] += step;
                    column_price[j] -= step;
                } else if j < n {
                    least[j] -= step;
                }
            }
            column = next;
        }
        while column != n {
            row_of[column] = row_of[from[column]];
            column = from[column];
        }
    }
    let mut columns = vec![0; n];
    for column in 0..n {
        columns[row_of[column]] = column;
    }
    columns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn least(costs: &[f64], n: usize, row: usize, taken: &mut Vec<bool>) -> f64 {
        if row == n {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..n {
            if !taken[column] {
                taken[column] = true;
                best = best.min(costs[row * n + column] + least(costs, n, row + 1, taken));
                taken[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_cheaper(n in 1_usize..6, costs in prop::collection::vec(0.0..10.0_f64, 25)) {
            let costs = &costs[..n * n];
            let columns = assign(costs, n);
            let mut sorted = columns.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..n).collect::<Vec<_>>());
            let total: f64 = columns.iter().enumerate().map(|(row, column)| costs[row * n + column]).sum();
            prop_assert!((total - least(costs, n, 0, &mut vec![false; n])).abs() < 1e-9);
        }
    }
}
