"""Writes the fixtures of tests/it/npy.rs; run by hand with NumPy 2, never by the tests."""

import pickle

import numpy as np
from numpy.lib import format as npy


def save(name, array, protocol):
    with open(name, "wb") as file:
        npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
        pickle.dump(array, file, protocol=protocol)


molecules = np.empty(2, dtype=object)
molecules[:] = [[19, 50, 50], [83]]
coordinates = np.empty(2, dtype=object)
coordinates[:] = [np.array([[0.0, 0.5, 0.25], [1.0, 2.0, 3.0]]), [[np.float64(0.125), 0.0, -1.0]]]
mixed = np.empty(2, dtype=object)
mixed[:] = [["Nb", None, True, 2**40, -3, 70000, 1.5], np.arange(3, dtype=np.int32)]
for protocol in (2, 3, 4):
    save(f"molecules{protocol}.npy", molecules, protocol)
    save(f"coordinates{protocol}.npy", coordinates, protocol)
    save(f"mixed{protocol}.npy", mixed, protocol)
np.save("lattice.npy", np.arange(18, dtype=np.float64).reshape(2, 9))


class Evil:
    def __reduce__(self):
        import os

        return os.system, ("echo owned",)


evil = np.empty(1, dtype=object)
evil[0] = Evil()
save("evil.npy", evil, 4)
