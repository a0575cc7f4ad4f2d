//! Layers that several architectures share.

mod attention;
mod batch_norm;
mod embedding;
mod gaussian;
mod linear;
mod members;
mod mlp;
mod norm;

pub use attention::MultiHeadAttention;
pub use batch_norm::BatchNorm;
pub use embedding::Embedding;
pub use gaussian::GaussianExpansion;
pub(crate) use gaussian::radial;
pub use linear::Linear;
pub use members::MemberMlp;
pub use mlp::Mlp;
pub(crate) use mlp::activate;
pub use norm::LayerNorm;
