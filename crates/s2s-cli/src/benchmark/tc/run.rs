//! One model on one split: what it learns from, what it predicts, and its figures.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use s2s_crystal::Composition;
use s2s_data::table::{TcRow, TcTable};
use s2s_eval::{
    metric::Bootstrap,
    tc::{
        Figure, Negatives, Overlap, Resemblance, Structures, TcExample, TcInput, TcPrediction, TcRegressor, TcReport,
        median_kelvin,
    },
};
use serde::Serialize;

use super::held_out::HeldOut;
use crate::{csv_field::quoted, destination::Destination, failure::Failure};

/// A run: the training table, the test table, and the folder.
pub(super) struct Run<'t> {
    pub(super) seed: u64,
    pub(super) negatives: Negatives,
    pub(super) train: Vec<TcExample>,
    pub(super) test: Vec<&'t TcRow>,
    pub(super) structures: Option<&'t Structures>,
    pub(super) folder: PathBuf,
}

impl<'t> Run<'t> {
    /// Learns from one table and predicts another.
    pub(super) fn between(
        train: &'t TcTable,
        test: &'t TcTable,
        structures: Option<&'t Structures>,
        negatives: Negatives,
        seed: u64,
        out: &Path,
    ) -> Self {
        let mut examples = examples(&train.rows, structures);
        examples.retain(|example| negatives.include(example));
        Self { seed, negatives, train: examples, test: test.rows.iter().collect(), structures, folder: out.to_owned() }
    }

    /// Learns from one part of a table and predicts the other.
    pub(super) fn held_out(
        table: &'t TcTable,
        structures: Option<&'t Structures>,
        held_out: HeldOut,
        negatives: Negatives,
        seed: u64,
        out: &Path,
    ) -> Result<Self, Failure> {
        let usable = |row: &&TcRow| {
            let has_structure = |of: &Composition| structures.is_none_or(|known| known.of(of).is_some());
            TcExample::of_row(row)
                .is_some_and(|example| negatives.include(&example) && has_structure(&example.composition))
        };
        let rows: Vec<&TcRow> = table.rows.iter().filter(usable).collect();
        let split = held_out.split(&rows, seed)?;
        let train = examples(split.train.iter().map(|&i| rows[i]), structures);
        let test = split.test.iter().map(|&i| rows[i]).collect();
        Ok(Self { seed, negatives, train, test, structures, folder: out.join(format!("seed-{seed}")) })
    }

    /// Whether predictions are compared with what a row says.
    fn judges(&self, row: &TcRow) -> bool {
        TcExample::of_row(row).is_some_and(|example| self.negatives.include(&example))
    }

    /// Trains, predicts, writes the predictions if they get a name, and measures them.
    pub(super) fn report(&self, model: &dyn TcRegressor, file: Option<&str>) -> Result<RunReport, Failure> {
        let started = Instant::now();
        let answered: Vec<(&TcRow, &Composition)> =
            self.test.iter().filter_map(|row| Some((*row, row.composition.as_ref().ok()?))).collect();
        let compositions: Vec<&Composition> = answered.iter().map(|(_, composition)| *composition).collect();
        let crystals: Vec<_> = compositions.iter().map(|of| self.structures.and_then(|known| known.of(of))).collect();
        let asked = compositions.iter().zip(&crystals);
        let asked: Vec<TcInput<'_>> =
            asked.map(|(&composition, crystal)| TcInput { composition, crystal: crystal.as_deref() }).collect();
        let predictions = model.fit_predict(&self.train, &asked, self.seed).map_err(Failure::library)?;
        if let Some(file) = file {
            Destination::new(&self.folder.join(file))?.write(csv(&self.test, &predictions).as_bytes())?;
        }
        let (overlap, resemblances) = Overlap::of(&self.train, &compositions);
        let median = median_kelvin(&self.train).unwrap_or(0.0);
        let figures = |wanted: &dyn Fn(Resemblance) -> bool| {
            let rows: Vec<usize> =
                (0..answered.len()).filter(|&k| self.judges(answered[k].0) && wanted(resemblances[k])).collect();
            let kelvin: Vec<f64> = rows.iter().filter_map(|&k| answered[k].0.kelvin()).collect();
            let picked: Vec<TcPrediction> = rows.iter().map(|&k| predictions[k]).collect();
            let compositions: Vec<&Composition> = rows.iter().map(|&k| compositions[k]).collect();
            let bootstrap = Bootstrap::standard(self.seed);
            (!rows.is_empty()).then(|| TcReport::new(&compositions, &kelvin, &picked, median, bootstrap))
        };
        let repeats = |what| matches!(what, Resemblance::Duplicate | Resemblance::NearDuplicate);
        Ok(RunReport {
            model: model.name(),
            seed: self.seed,
            trained_on: self.train.len(),
            with_structure: self.structures.map(|_| {
                let known = self.train.iter().filter(|example| example.crystal.is_some()).count();
                [known, crystals.iter().flatten().count()]
            }),
            unanswered: self.test.len() - answered.len(),
            overlap,
            all: figures(&|_| true),
            without_near_duplicates: figures(&|what| !repeats(what)),
            seconds: (10.0 * started.elapsed().as_secs_f64()).round() / 10.0,
        })
    }
}

/// Rows that can be learned from, with their structures where they are known.
fn examples<'t>(rows: impl IntoIterator<Item = &'t TcRow>, structures: Option<&Structures>) -> Vec<TcExample> {
    let with_structure = |row: &TcRow| {
        let example = TcExample::of_row(row)?;
        Some(TcExample { crystal: structures.and_then(|known| known.of(&example.composition)), ..example })
    };
    rows.into_iter().filter_map(with_structure).collect()
}

/// The figures of one model in one run.
#[derive(Debug, Serialize)]
pub(super) struct RunReport {
    pub(super) model: String,
    seed: u64,
    trained_on: usize,
    /// Training and test rows whose structure is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    with_structure: Option<[usize; 2]>,
    pub(super) unanswered: usize,
    /// Test rows by how near the nearest training composition is.
    overlap: Overlap,
    /// Of all rows with a Tc.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) all: Option<TcReport>,
    /// Without duplicates and near duplicates of training compositions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) without_near_duplicates: Option<TcReport>,
    /// Not in the file, which a second run leaves as it is.
    #[serde(skip)]
    seconds: f64,
}

impl RunReport {
    /// One line for the terminal.
    pub(super) fn line(&self) -> String {
        let Overlap { duplicates, near_duplicates, new_system, .. } = self.overlap;
        let known = format!(
            "{duplicates} duplicates and {near_duplicates} near duplicates of training compositions, {new_system} of \
             chemical systems that it has not"
        );
        let value = |figure: Option<Figure>| figure.map_or("–".to_owned(), |figure| format!("{:.3}", figure.value));
        let figures = self.all.as_ref().map_or("no Tc to compare with".to_owned(), |all| {
            let (mae, r2, auc) = (value(all.mae_k), value(all.r2), value(all.roc_auc));
            format!("MAE {mae} K, R2 {r2}, ROC-AUC {auc} on {} rows", all.rows)
        });
        format!("{}, seed {}: {figures}; {known}; {} s", self.model, self.seed, self.seconds)
    }
}

/// The predictions of all rows; a row that could not be read has none.
fn csv(rows: &[&TcRow], predictions: &[TcPrediction]) -> String {
    let mut text = "id,formula,Tc_predicted_K,Tc_low_K,Tc_high_K,p_superconductor\n".to_owned();
    let mut predictions = predictions.iter();
    for row in rows {
        let prediction = row.composition.as_ref().ok().and_then(|_| predictions.next());
        let numbers = prediction
            .map_or(",,,".to_owned(), |p| format!("{:.3},{:.3},{:.3},{:.4}", p.kelvin, p.low, p.high, p.probability));
        text += &format!("{},{},{numbers}\n", quoted(&row.id), quoted(&row.formula));
    }
    text
}
