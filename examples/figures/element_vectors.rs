//! Vectors that a network has for each element: the embeddings with which atoms enter it, or the weights of its classifier.

use std::{error::Error, fs, path::Path};

use s2s_crystal::Element;
use safetensors::SafeTensors;

/// Elements in the order of their Mendeleev numbers, with their vectors.
#[derive(Clone, Debug)]
pub(crate) struct ElementVectors {
    /// The elements.
    pub(crate) elements: Vec<Element>,
    /// One vector each.
    pub(crate) vectors: Vec<Vec<f64>>,
}

/// Elements that no crystal of MP-2018 holds: a network has only its initial values for them.
const UNSEEN: [&str; 6] = ["Po", "At", "Rn", "Fr", "Ra", "Am"];

impl ElementVectors {
    /// The vectors in a file of weights.
    pub(crate) fn read(path: &Path, part: Part) -> Result<Self, Box<dyn Error>> {
        let bytes = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let tensors = SafeTensors::deserialize(&bytes)?;
        let table = |name: &str| matrix(&tensors, name);
        let name = if part == Part::Head { HEAD } else { TABLE };
        let learned = table(name)?.ok_or_else(|| format!("{} holds no {name}", path.display()))?;
        // Tokens of the vocabulary are atomic numbers; token 0 is padding, and no class of the head.
        let shift = usize::from(part == Part::Head);
        let projected = match (table("encoder.properties.table")?, table("encoder.properties.weight")?) {
            (Some(properties), Some(weight)) if part == Part::Input => Some((properties, weight)),
            _ => None,
        };
        let mut elements: Vec<Element> =
            Element::all().filter(|e| usize::from(e.atomic_number()) < 95 && !UNSEEN.contains(&e.symbol())).collect();
        elements.sort_by_key(|element| element.mendeleev_number());
        if learned.len() < 95 {
            return Err(format!("{name} has {} rows; elements need 95", learned.len()).into());
        }
        let vector = |element: &Element| {
            let token = usize::from(element.atomic_number());
            let mut vector = learned[token - shift].clone();
            if let Some((properties, weight)) = &projected {
                for (x, row) in vector.iter_mut().zip(weight) {
                    *x += row.iter().zip(&properties[token]).map(|(w, p)| w * p).sum::<f64>();
                }
            }
            vector
        };
        let mut vectors: Vec<Vec<f64>> = elements.iter().map(vector).collect();
        if part == Part::Head {
            center(&mut vectors);
        }
        Ok(Self { elements, vectors })
    }

    /// Eq. 10: Pearson correlation of every two vectors.
    pub(crate) fn correlations(&self) -> Vec<Vec<f64>> {
        self.vectors.iter().map(|a| self.vectors.iter().map(|b| pearson(a, b)).collect()).collect()
    }
}

/// Takes the mean from all vectors: what all classes of a softmax share changes none of its probabilities.
fn center(vectors: &mut [Vec<f64>]) {
    let count = vectors.len() as f64;
    for k in 0..vectors.first().map_or(0, Vec::len) {
        let mean = vectors.iter().map(|vector| vector[k]).sum::<f64>() / count;
        vectors.iter_mut().for_each(|vector| vector[k] -= mean);
    }
}

/// Which vectors of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Weights of the classifier of masked elements, less their mean
    Head,
    /// Input vectors of the first layer: the embedding, plus the projected properties of the element if the network has them
    Input,
    /// The embedding alone
    Learned,
}

impl Part {
    /// What the vectors are called in a figure.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Head => "classifier weights of the elements",
            Self::Input => "input vectors of the elements",
            Self::Learned => "element embeddings",
        }
    }
}

const HEAD: &str = "head.elements.classifier.weight";
const TABLE: &str = "encoder.embedding.weight";
const KEPT: [&str; 4] = [HEAD, TABLE, "encoder.properties.table", "encoder.properties.weight"];

/// Copies what this figure needs of a network's weights into a small file.
pub(crate) fn extract(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = fs::read(from).map_err(|error| format!("cannot read {}: {error}", from.display()))?;
    let tensors = SafeTensors::deserialize(&bytes)?;
    let kept: Vec<_> = tensors.tensors().into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
    fs::write(to, safetensors::serialize(kept, None)?)?;
    Ok(())
}

/// Pearson's correlation; 0 where a vector does not vary.
fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        (both, square_a, square_b) = (both + x * y, square_a + x * x, square_b + y * y);
    }
    let norm = (square_a * square_b).sqrt();
    if norm > 0.0 { both / norm } else { 0.0 }
}

/// A tensor of two dimensions, row by row.
fn matrix(tensors: &SafeTensors<'_>, name: &str) -> Result<Option<Vec<Vec<f64>>>, Box<dyn Error>> {
    let Ok(tensor) = tensors.tensor(name) else { return Ok(None) };
    let (&[_, columns], safetensors::Dtype::F32) = (tensor.shape(), tensor.dtype()) else {
        return Err(format!("{name} is no matrix of single precision").into());
    };
    let number = |four: &[u8]| f64::from(f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
    let flat: Vec<f64> = tensor.data().chunks_exact(4).map(number).collect();
    Ok(Some(flat.chunks(columns).map(<[f64]>::to_vec).collect()))
}
