//! Bases of lattices that are given by more translations than three.

/// Rows, an upper triangle, that span the lattice of these translations and the unit vectors; all in `parts` of a unit vector.
pub(crate) fn spanned(translations: &[[i64; 3]], parts: i64) -> [[i64; 3]; 3] {
    let mut rows: Vec<[i64; 3]> = translations.to_vec();
    rows.extend([[parts, 0, 0], [0, parts, 0], [0, 0, parts]]);
    let mut basis = [[0; 3]; 3];
    for column in 0..3 {
        // Euclid's algorithm on the rows, until one of them has an entry in this column.
        while let Some(least) = pivot(&rows, column) {
            let row = rows[least];
            let mut alone = true;
            for (k, other) in rows.iter_mut().enumerate() {
                if k != least && other[column] != 0 {
                    let times = other[column] / row[column];
                    (0..3).for_each(|l| other[l] -= times * row[l]);
                    alone &= other[column] == 0;
                }
            }
            if alone {
                basis[column] = row;
                rows.swap_remove(least);
                break;
            }
        }
    }
    basis
}

/// The row with the least entry in this column that is not zero.
fn pivot(rows: &[[i64; 3]], column: usize) -> Option<usize> {
    (0..rows.len()).filter(|&k| rows[k][column] != 0).min_by_key(|&k| rows[k][column].abs())
}
