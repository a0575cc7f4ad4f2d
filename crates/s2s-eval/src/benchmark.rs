//! Benchmarks: cross-validation of any model behind one trait, on the same folds.
//!
//! A [`BenchmarkModel`] gets labelled crystals of the training side and bare crystals of the test side, so there is no
//! label that it could look at by mistake. What it chooses, it chooses by splitting its training side again.

mod difference;
mod folder;
mod learning_curve;
mod model;
mod protocol;
mod result;
mod stacked;
mod supplement;
mod table;
mod test_set;

pub use difference::{Comparison, ComparisonScores, DifferenceTable, ModelDifference};
pub use folder::{BenchmarkFolder, DoubtfulLabel};
pub use learning_curve::ShareOfExamples;
pub use model::{BenchmarkModel, Example, TrainingRecord};
pub use protocol::{Job, Protocol, Sides};
pub use result::{FoldResult, ResultFile, Setting};
pub use stacked::StackedModel;
pub use supplement::Supplement;
pub use table::{ScoreTable, Scores};
pub use test_set::{TestResult, TestSet, TestSetting};
