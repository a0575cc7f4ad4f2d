"""Writes tables as a user of pandas does; needs pandas 2.3 and pyarrow.

    python make.py
"""

import pandas as pd

cubic = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]
table = pd.DataFrame(
    {
        "id": ["a", "b", "wrong"],
        "species": [[26], [55, 17], [26, 26]],
        "frac_coords": [[[0.0, 0.25, 0.0]], [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]], [[0.0, 0.0, 0.0]]],
        "formula": ["Fe", "CsCl", "Fe"],
        "tc": [1.5, None, None],
        "label": pd.array([1, None, 0], dtype="Int64"),
        "lattice": [cubic, cubic, cubic],
    }
)
table.to_parquet("pandas.parquet")
table.drop(columns="lattice").to_parquet("no_lattice.parquet")
