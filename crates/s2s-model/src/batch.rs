//! Batches on a device: the one place where host arrays become tensors.

mod kinds;

use ndarray::{ArrayBase, Data, Dimension};
use s2s_featurize::AtomBatch;
use tch::{Device, Kind, Tensor};

pub use self::kinds::Kinds;
use crate::{ModelError, device::send};

/// Consecutive crystals of a batch with the same number of atoms: without padding, an array of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many crystals.
    pub crystals: i64,
    /// Atoms of each, or kinds of atoms.
    pub atoms: i64,
}

impl Run {
    /// One more crystal.
    fn extend(runs: &mut Vec<Self>, atoms: i64) {
        match runs.last_mut() {
            Some(run) if run.atoms == atoms => run.crystals += 1,
            _ => runs.push(Self { crystals: 1, atoms }),
        }
    }
}

/// A batch on a device.
///
/// # Shapes
///
/// `B` crystals, `N` slots per crystal, `T` atoms, `E` directed pairs, `U` lattice numbers, `G` numbers about the crystal, `C`
/// further numbers about each atom.
#[derive(Debug)]
pub struct DeviceBatch {
    crystals: i64,
    slots: i64,
    max_token: i64,
    tokens: Tensor,
    present: Tensor,
    atoms: Tensor,
    runs: Option<Vec<Run>>,
    kinds: Option<Kinds>,
    centroid_distances: Tensor,
    lattice: Tensor,
    globals: Tensor,
    globals_missing: Tensor,
    pair_centers: Tensor,
    pair_neighbors: Tensor,
    pair_distances: Tensor,
    pair_vectors: Tensor,
    columns: Tensor,
    weights: Option<Tensor>,
}

impl DeviceBatch {
    /// Checks a host batch and copies it to a device; on CUDA the copies overlap with what the device is doing.
    ///
    /// # Errors
    ///
    /// [`ModelError::InvalidBatch`] if shapes disagree, an index leads out of its crystal or to a slot without an atom,
    /// a crystal has no atom, an atom has no weight, or a number is not finite.
    pub fn upload(batch: &AtomBatch, device: Device) -> Result<Self, ModelError> {
        check(batch)?;
        let (crystals, slots) = batch.tokens.dim();
        let atoms: Vec<i64> =
            batch.present.iter().zip(0..).filter_map(|(present, slot)| present.then_some(slot)).collect();
        Ok(Self {
            crystals: crystals as i64,
            slots: slots as i64,
            max_token: batch.tokens.iter().copied().max().unwrap_or(0),
            tokens: upload(&batch.tokens, device)?,
            present: upload(&batch.present, device)?,
            atoms: send(&Tensor::f_from_slice(&atoms)?, device)?,
            runs: if device == Device::Cpu { runs(batch) } else { None },
            kinds: if device == Device::Cpu { Kinds::find(batch, device)? } else { None },
            centroid_distances: upload(&batch.centroid_distances, device)?,
            lattice: upload(&batch.lattice, device)?,
            globals: upload(&batch.globals, device)?,
            globals_missing: upload(&batch.globals_known.map(|known| if *known { 0.0_f32 } else { 1.0 }), device)?,
            pair_centers: upload(&batch.pair_centers, device)?,
            pair_neighbors: upload(&batch.pair_neighbors, device)?,
            pair_distances: upload(&batch.pair_distances, device)?,
            pair_vectors: upload(&batch.pair_vectors, device)?,
            columns: upload(&batch.columns, device)?,
            weights: if batch.weights.is_empty() { None } else { Some(upload(&batch.weights, device)?) },
        })
    }

    /// Number of crystals, `B`.
    pub fn num_crystals(&self) -> i64 {
        self.crystals
    }

    /// Slots per crystal, filled or not, `N`.
    pub fn num_slots(&self) -> i64 {
        self.slots
    }

    /// Number of atoms in all crystals, `T`.
    pub fn num_atoms(&self) -> i64 {
        self.atoms.size()[0]
    }

    /// Number of directed pairs in all crystals, `E`.
    pub fn num_pairs(&self) -> i64 {
        self.pair_centers.size()[0]
    }

    /// The largest token; an embedding table must have more rows than this.
    pub fn max_token(&self) -> i64 {
        self.max_token
    }

    /// The device of the tensors.
    pub fn device(&self) -> Device {
        self.tokens.device()
    }

    /// `i64 (B, N)`; 0 where no atom is.
    pub fn tokens(&self) -> &Tensor {
        &self.tokens
    }

    /// `bool (B, N)`; `true` where an atom is.
    pub fn present(&self) -> &Tensor {
        &self.present
    }

    /// `i64 (T)`; flat slots `crystal · N + atom` that hold an atom, in increasing order.
    pub fn atoms(&self) -> &Tensor {
        &self.atoms
    }

    /// The runs of crystals that make up the batch, in order; `None` where padded arrays are the better choice: on a GPU,
    /// which prefers few large operations, or if an atom does not stand in the first slots of its crystal.
    pub fn runs(&self) -> Option<&[Run]> {
        self.runs.as_deref()
    }

    /// The kinds of atoms; `None` where they do not help: on a GPU, or if all atoms of each crystal differ.
    pub fn kinds(&self) -> Option<&Kinds> {
        self.kinds.as_ref()
    }

    /// `f32 (B, N)`; distances to the mean position, 0 where no atom is.
    pub fn centroid_distances(&self) -> &Tensor {
        &self.centroid_distances
    }

    /// `f32 (B, U)`; numbers about the whole cell.
    pub fn lattice(&self) -> &Tensor {
        &self.lattice
    }

    /// `f32 (B, G)`; numbers about the crystal as a whole, unscaled, 0 where one is missing.
    pub fn globals(&self) -> &Tensor {
        &self.globals
    }

    /// `f32 (B, G)`; 1 where the number is missing, else 0.
    pub fn globals_missing(&self) -> &Tensor {
        &self.globals_missing
    }

    /// `i64 (E)`; flat slot of the atom that looks.
    pub fn pair_centers(&self) -> &Tensor {
        &self.pair_centers
    }

    /// `i64 (E)`; flat slot of the atom that is seen, always of the same crystal.
    pub fn pair_neighbors(&self) -> &Tensor {
        &self.pair_neighbors
    }

    /// `f32 (E)`; distances in Å.
    pub fn pair_distances(&self) -> &Tensor {
        &self.pair_distances
    }

    /// `f32 (E, 3)`; vectors from the atom that looks to the one that is seen, in Å, Cartesian; `None` unless the featurizer gives
    /// them.
    pub fn pair_vectors(&self) -> Option<&Tensor> {
        (self.pair_vectors.size()[0] == self.num_pairs()).then_some(&self.pair_vectors)
    }

    /// `f32 (B, N, C)`; further numbers about each atom, 0 where no atom is; `None` unless the featurizer gives them.
    pub fn columns(&self) -> Option<&Tensor> {
        (self.columns.numel() > 0).then_some(&self.columns)
    }

    /// `f32 (B, N)`; amount of each atom in (0, 1], 0 where no atom is; `None` where all are 1.
    ///
    /// An encoder that does not ask takes every atom for a whole one.
    pub fn weights(&self) -> Option<&Tensor> {
        self.weights.as_ref()
    }

    /// `f32 (B, N)`; the share of each atom in its crystal: weights that sum to one, 0 where no atom is.
    pub fn shares(&self) -> Tensor {
        let amounts = self.weights.as_ref().map_or_else(|| self.present.to_kind(Kind::Float), Tensor::shallow_clone);
        &amounts / amounts.sum_dim_intlist([1].as_slice(), true, None)
    }

    /// Drops the slots without an atom: `(B, N, …)` becomes `(T, …)`.
    pub fn pack(&self, padded: &Tensor) -> Tensor {
        let flat = padded.flatten(0, 1);
        if self.is_full() { flat } else { flat.index_select(0, &self.atoms) }
    }

    /// Gives each atom its slot again: `(T, …)` becomes `(B, N, …)`, with zeros where no atom is.
    pub fn unpack(&self, packed: &Tensor) -> Tensor {
        unpack(packed, &self.atoms, (self.crystals, self.slots))
    }

    /// `bool (B, N, N)`; `true` where atom `i` sees atom `j`, or itself.
    pub fn adjacency(&self) -> Tensor {
        let cells = &self.pair_centers * self.slots + self.pair_neighbors.remainder(self.slots);
        let seen = Tensor::zeros([self.crystals * self.slots * self.slots], (Kind::Bool, self.device()));
        let seen = seen.index_fill(0, &cells, 1).view([self.crystals, self.slots, self.slots]);
        seen.logical_or(&Tensor::eye(self.slots, (Kind::Bool, self.device())))
    }

    fn is_full(&self) -> bool {
        self.num_atoms() == self.crystals * self.slots
    }
}

/// `(T, …)` at flat slots `atoms (T)` of `(B, N, …)`, with zeros in between.
pub(crate) fn unpack(packed: &Tensor, atoms: &Tensor, (crystals, slots): (i64, i64)) -> Tensor {
    let rest = &packed.size()[1..];
    let shape = |head: &[i64]| [head, rest].concat();
    if packed.size()[0] == crystals * slots {
        return packed.view(shape(&[crystals, slots]).as_slice());
    }
    let empty = Tensor::zeros(shape(&[crystals * slots]), (packed.kind(), packed.device()));
    empty.index_copy(0, atoms, packed).view(shape(&[crystals, slots]).as_slice())
}

fn runs(batch: &AtomBatch) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for row in batch.present.outer_iter() {
        let atoms = row.iter().take_while(|present| **present).count();
        if row.iter().skip(atoms).any(|present| *present) {
            return None;
        }
        Run::extend(&mut runs, atoms as i64);
    }
    Some(runs)
}

fn upload<T, S, D>(array: &ArrayBase<S, D>, device: Device) -> Result<Tensor, ModelError>
where
    T: tch::kind::Element,
    S: Data<Elem = T>,
    D: Dimension,
{
    let shape: Vec<i64> = array.shape().iter().map(|&n| n as i64).collect();
    let contiguous = array.as_standard_layout();
    let values = contiguous.as_slice().expect("invariant: the standard layout is contiguous");
    Ok(send(&Tensor::f_from_slice(values)?.f_view(shape.as_slice())?, device)?)
}

fn check(batch: &AtomBatch) -> Result<(), ModelError> {
    let invalid = |reason: String| Err(ModelError::InvalidBatch { reason });
    let (crystals, slots) = batch.tokens.dim();
    if crystals == 0 || slots == 0 {
        return invalid("it holds no crystal".to_owned());
    }
    if batch.present.dim() != (crystals, slots) || batch.centroid_distances.dim() != (crystals, slots) {
        return invalid("tokens, mask and centroid distances have different shapes".to_owned());
    }
    if batch.lattice.nrows() != crystals {
        return invalid(format!("{} rows of lattice numbers for {crystals} crystals", batch.lattice.nrows()));
    }
    if batch.globals.nrows() != crystals || batch.globals_known.dim() != batch.globals.dim() {
        return invalid("numbers about the crystals, or what is known of them, have another shape".to_owned());
    }
    let pairs = batch.pair_centers.len();
    if batch.pair_neighbors.len() != pairs || batch.pair_distances.len() != pairs {
        return invalid("the pair arrays have different lengths".to_owned());
    }
    if !batch.pair_vectors.is_empty() && batch.pair_vectors.dim() != (pairs, 3) {
        return invalid(format!("{} vectors for {pairs} pairs", batch.pair_vectors.nrows()));
    }
    let columns = batch.columns.dim();
    if !batch.columns.is_empty() && (columns.0, columns.1) != (crystals, slots) {
        return invalid("columns of atoms have another shape than tokens".to_owned());
    }
    if !batch.weights.is_empty() {
        if batch.weights.dim() != (crystals, slots) {
            return invalid("weights of atoms have another shape than tokens".to_owned());
        }
        let fits = |(weight, present): (&f32, &bool)| if *present { *weight > 0.0 } else { *weight == 0.0 };
        if !batch.weights.iter().zip(&batch.present).all(fits) {
            return invalid("an atom has no weight, or a slot without an atom has one".to_owned());
        }
    }
    if let Some(crystal) = batch.present.outer_iter().position(|row| !row.iter().any(|p| *p)) {
        return invalid(format!("crystal {crystal} has no atom"));
    }
    if let Some(token) = batch.tokens.iter().find(|t| **t < 0) {
        return invalid(format!("token {token} is negative"));
    }
    let holds_atom = |slot: i64| {
        let (crystal, atom) = (slot / slots as i64, slot % slots as i64);
        slot >= 0 && batch.present.get((crystal as usize, atom as usize)).copied().unwrap_or(false)
    };
    for (pair, (&center, &neighbor)) in batch.pair_centers.iter().zip(&batch.pair_neighbors).enumerate() {
        if !holds_atom(center) || !holds_atom(neighbor) {
            return invalid(format!("pair {pair} leads to a slot without an atom"));
        }
        if center / slots as i64 != neighbor / slots as i64 {
            return invalid(format!("pair {pair} leads from one crystal to another"));
        }
    }
    let of_pairs = batch.pair_distances.iter().chain(&batch.pair_vectors);
    let of_atoms = batch.centroid_distances.iter().chain(&batch.columns).chain(&batch.weights);
    let numbers = of_pairs.chain(of_atoms).chain(&batch.lattice).chain(&batch.globals);
    match numbers.into_iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => invalid("a number is not finite".to_owned()),
    }
}
