//! The parameter tree: the named tensors of a network.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
};

use chacha20::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use tch::{Device, Kind, Tensor, no_grad};

use crate::{ModelError, NamedTensors};

/// What a parameter holds before training.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// −1 or 1, as a coin falls.
    Signs,
    /// Normal with this standard deviation.
    Normal(f64),
    /// Uniform in `±bound`.
    Uniform(f64),
    /// Normal with variance `2 / fan_in`, where `fan_in` is the last dimension (He et al. 2015).
    Kaiming,
    /// Normal with variance `1 / fan_in`: keeps the scale of what a linear layer is given.
    Lecun,
}

impl Init {
    fn fill(self, count: usize, fan_in: f64, generator: &mut ChaCha8Rng) -> Vec<f32> {
        let normal = |deviation: f64, generator: &mut ChaCha8Rng| {
            let mut values = Vec::with_capacity(count + 1);
            while values.len() < count {
                // Box and Muller 1958: two uniforms make two normals. The first lies in (0, 1].
                let radius = deviation * (-2.0 * (1.0 - unit(generator)).ln()).sqrt();
                let (sine, cosine) = (std::f64::consts::TAU * unit(generator)).sin_cos();
                values.extend([(radius * cosine) as f32, (radius * sine) as f32]);
            }
            values.truncate(count);
            values
        };
        match self {
            Self::Zeros => vec![0.0; count],
            Self::Ones => vec![1.0; count],
            Self::Signs => (0..count).map(|_| if unit(generator) < 0.5 { -1.0 } else { 1.0 }).collect(),
            Self::Normal(deviation) => normal(deviation, generator),
            Self::Uniform(bound) => (0..count).map(|_| (bound * (2.0 * unit(generator) - 1.0)) as f32).collect(),
            Self::Kaiming => normal((2.0 / fan_in).sqrt(), generator),
            Self::Lecun => normal((1.0 / fan_in).sqrt(), generator),
        }
    }
}

/// A uniform number in [0, 1) with 53 random bits.
fn unit(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Learned,
    Frozen,
    /// Not learned by gradients, and changed by training: running statistics.
    Statistic,
    /// Never changed: tables of constants.
    Buffer,
}

/// All tensors of a network, by name.
///
/// Names form a tree, `encoder.layers.3.attention.query.weight`, and are what a checkpoint stores. What a parameter
/// holds at first is a pure function of the seed and of its name, so that adding a layer leaves the others alone.
#[derive(Debug)]
pub struct Parameters {
    seed: u64,
    device: Device,
    entries: RefCell<BTreeMap<String, (Tensor, Role)>>,
    loading: Option<RefCell<Loading>>,
    /// How many numbers were asked for, where none are made.
    counted: Option<Cell<u128>>,
}

/// Where parameters come from that are not made anew.
#[derive(Debug)]
struct Loading {
    /// What no parameter has taken yet.
    tensors: NamedTensors,
    /// The first parameter that found no values of its shape.
    fault: Option<ModelError>,
}

impl Loading {
    /// The values of a parameter; nothing, in any shape, after the first fault.
    fn take(&mut self, name: &str, shape: &[i64]) -> Tensor {
        let fault = match self.tensors.remove(name) {
            Some(tensor) if tensor.size() == shape => return tensor,
            Some(tensor) => {
                ModelError::ShapeMismatch { name: name.to_owned(), expected: shape.to_vec(), found: tensor.size() }
            }
            None => ModelError::MissingTensor { name: name.to_owned() },
        };
        self.fault.get_or_insert(fault);
        Tensor::zeros([0], (Kind::Float, Device::Cpu))
    }
}

impl Parameters {
    /// An empty tree whose tensors will be on `device`.
    pub fn new(seed: u64, device: Device) -> Self {
        Self { seed, device, entries: RefCell::default(), loading: None, counted: None }
    }

    /// An empty tree that makes no tensors and counts the numbers that layers built on it ask for.
    pub fn counting() -> Self {
        Self { counted: Some(Cell::new(0)), ..Self::new(0, Device::Cpu) }
    }

    /// How many numbers were asked for of a tree that counts; 0 for others.
    pub fn num_asked(&self) -> u128 {
        self.counted.as_ref().map_or(0, Cell::get)
    }

    /// An empty tree whose tensors take these values: layers built on it ask for no more memory than the values have.
    ///
    /// Ask [`complete`](Self::complete) before the layers are used.
    pub fn of_tensors(tensors: NamedTensors, device: Device) -> Self {
        let loading = Loading { tensors, fault: None };
        Self { loading: Some(RefCell::new(loading)), ..Self::new(0, device) }
    }

    /// Checks that the values and the layers built on them are the same.
    ///
    /// # Errors
    ///
    /// [`ModelError::MissingTensor`], [`ModelError::ShapeMismatch`] or [`ModelError::UnknownTensor`].
    pub fn complete(&self) -> Result<(), ModelError> {
        let Some(loading) = &self.loading else { return Ok(()) };
        let mut loading = loading.borrow_mut();
        if let Some(fault) = loading.fault.take() {
            return Err(fault);
        }
        match loading.tensors.keys().next() {
            Some(name) => Err(ModelError::UnknownTensor { name: name.clone() }),
            None => Ok(()),
        }
    }

    /// The device of the tensors.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Takes tensors of another tree over, under the names that `rename` gives them; those for which it gives none stay behind.
    ///
    /// # Panics
    ///
    /// If this tree already holds a tensor of such a name.
    pub fn adopt(&self, other: Self, rename: impl Fn(&str) -> Option<String>) {
        for (name, (tensor, role)) in other.entries.into_inner() {
            if let Some(name) = rename(&name) {
                drop(self.root().insert(name, tensor, role));
            }
        }
        if let (Some(own), Some(others)) = (&self.counted, &other.counted) {
            own.set(own.get().saturating_add(others.get()));
        }
    }

    /// The root, under which layers create their parameters.
    pub fn root(&self) -> Scope<'_> {
        Scope { parameters: self, path: String::new() }
    }

    /// A scope under the root.
    pub fn scope(&self, name: impl fmt::Display) -> Scope<'_> {
        self.root().child(name)
    }

    /// The parameters that training changes, sorted by name.
    pub fn trainable(&self) -> Vec<(String, Tensor)> {
        self.select(|role| role == Role::Learned)
    }

    /// The tensors that training changes, by gradients or as running statistics, sorted by name: those of which a moving
    /// average is taken.
    pub fn changing(&self) -> Vec<(String, Tensor)> {
        self.select(|role| matches!(role, Role::Learned | Role::Statistic))
    }

    /// Every tensor, buffers included, sorted by name.
    pub fn all(&self) -> Vec<(String, Tensor)> {
        self.select(|_| true)
    }

    /// How many numbers training changes.
    pub fn num_trainable(&self) -> usize {
        self.trainable().iter().map(|(_, tensor)| tensor.numel()).sum()
    }

    /// Stops training every parameter whose name starts with `prefix`; returns how many there are.
    pub fn freeze(&self, prefix: &str) -> usize {
        let mut frozen = 0;
        for (_, (tensor, role)) in self.entries.borrow_mut().iter_mut().filter(|(name, _)| name.starts_with(prefix)) {
            if *role == Role::Learned {
                *role = Role::Frozen;
                *tensor = tensor.set_requires_grad(false);
                frozen += 1;
            }
        }
        frozen
    }

    /// Copies values into the tensor `name`.
    ///
    /// # Errors
    ///
    /// [`ModelError::UnknownTensor`] and [`ModelError::ShapeMismatch`].
    pub fn assign(&self, name: &str, values: &Tensor) -> Result<(), ModelError> {
        let entries = self.entries.borrow();
        let (tensor, _) = entries.get(name).ok_or_else(|| ModelError::UnknownTensor { name: name.to_owned() })?;
        if tensor.size() != values.size() {
            let (expected, found) = (tensor.size(), values.size());
            return Err(ModelError::ShapeMismatch { name: name.to_owned(), expected, found });
        }
        no_grad(|| tensor.shallow_clone().f_copy_(values))?;
        Ok(())
    }

    /// Copies values into every tensor.
    ///
    /// # Errors
    ///
    /// As [`assign`](Self::assign), and [`ModelError::MissingTensor`] if a tensor of the network is not among them.
    pub fn assign_all<'t>(&self, tensors: impl IntoIterator<Item = (&'t str, &'t Tensor)>) -> Result<(), ModelError> {
        let mut missing: Vec<String> = self.entries.borrow().keys().cloned().collect();
        for (name, values) in tensors {
            self.assign(name, values)?;
            missing.retain(|other| other != name);
        }
        match missing.into_iter().next() {
            Some(name) => Err(ModelError::MissingTensor { name }),
            None => Ok(()),
        }
    }

    fn select(&self, wanted: impl Fn(Role) -> bool) -> Vec<(String, Tensor)> {
        let entries = self.entries.borrow();
        let chosen = entries.iter().filter(|(_, (_, role))| wanted(*role));
        chosen.map(|(name, (tensor, _))| (name.clone(), tensor.shallow_clone())).collect()
    }
}

/// A scope in the tree of [`Parameters`].
#[derive(Clone, Debug)]
pub struct Scope<'p> {
    parameters: &'p Parameters,
    path: String,
}

impl<'p> Scope<'p> {
    /// The scope `name` under this one.
    pub fn child(&self, name: impl fmt::Display) -> Scope<'p> {
        Scope { parameters: self.parameters, path: self.name(name) }
    }

    /// The device of the tensors of this tree.
    pub fn device(&self) -> Device {
        self.parameters.device
    }

    /// A new parameter that training changes.
    ///
    /// # Panics
    ///
    /// If the tree already holds a tensor of this name.
    pub fn parameter(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        let name = self.name(name);
        if let Some(counted) = &self.parameters.counted {
            let numbers = shape.iter().map(|&length| length.max(0) as u128).fold(1, u128::saturating_mul);
            counted.set(counted.get().saturating_add(numbers));
            return self.insert(name, Tensor::zeros([0], (Kind::Float, Device::Cpu)), Role::Learned);
        }
        if let Some(loading) = &self.parameters.loading {
            let tensor = loading.borrow_mut().take(&name, shape).to_device(self.device()).set_requires_grad(true);
            return self.insert(name, tensor, Role::Learned);
        }
        let fan_in = shape.last().copied().unwrap_or(1).max(1) as f64;
        let mut generator = named_generator(self.parameters.seed, &name);
        let values = init.fill(shape.iter().product::<i64>() as usize, fan_in, &mut generator);
        let tensor = Tensor::from_slice(&values).view(shape).to_device(self.device()).set_requires_grad(true);
        self.insert(name, tensor, Role::Learned)
    }

    /// A new tensor that belongs to the network but is not changed by gradients.
    ///
    /// # Panics
    ///
    /// If the tree already holds a tensor of this name.
    pub fn buffer(&self, name: &str, values: &Tensor) -> Tensor {
        self.constant(name, values, Role::Buffer)
    }

    /// A new tensor that is not changed by gradients but by what a layer sees while training, as a running mean is.
    ///
    /// # Panics
    ///
    /// If the tree already holds a tensor of this name.
    pub fn statistic(&self, name: &str, values: &Tensor) -> Tensor {
        self.constant(name, values, Role::Statistic)
    }

    fn constant(&self, name: &str, values: &Tensor, role: Role) -> Tensor {
        let name = self.name(name);
        let values = match &self.parameters.loading {
            Some(loading) => loading.borrow_mut().take(&name, &values.size()),
            // A tree owns its numbers: the same tensor given twice must not become one.
            None => values.detach().copy(),
        };
        let tensor = values.to_device(self.device()).to_kind(Kind::Float);
        self.insert(name, tensor, role)
    }

    fn name(&self, name: impl fmt::Display) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) }
    }

    fn insert(&self, name: String, tensor: Tensor, role: Role) -> Tensor {
        let previous = self.parameters.entries.borrow_mut().insert(name.clone(), (tensor.shallow_clone(), role));
        assert!(previous.is_none(), "the tree already holds a tensor {name:?}");
        tensor
    }
}

/// The generator of one parameter: seed and FNV-1a hash of the name are its key.
fn named_generator(seed: u64, name: &str) -> ChaCha8Rng {
    let hash =
        name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, hash, name.len() as u64, 0x696e_6974]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
