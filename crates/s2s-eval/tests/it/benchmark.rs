//! The benchmark on the reference crystals of `s2s-data`.

use std::{fs, sync::Arc};

use s2s_data::{
    Dataset, Label, Record, reference,
    table::{SuperCon, SuperConColumns},
};
use s2s_eval::{
    EvalError,
    benchmark::{
        BenchmarkModel, Comparison, DifferenceTable, Example, FoldResult, Job, Protocol, ResultFile, ScoreTable,
        Setting, Sides, Supplement,
    },
    learner::{AuxiliaryFeature, AuxiliaryTarget, Boosting, BoostingConfig, RecordFeatures, RowCache, Specification},
};
use s2s_featurize::{FeatureBlock, FeatureSet};

use crate::support::scratch;

/// Reference crystals, of which those with an even number of elements count as positive: something to be learned.
fn dataset() -> Dataset {
    let records = reference::crystals().iter().take(120).map(|crystal| {
        let record = crystal.to_record();
        let even = record.crystal.composition().num_elements().is_multiple_of(2);
        record.with_label(if even { Label::Superconductor { tc: None } } else { Label::NotListed })
    });
    Dataset::new(records.collect()).expect("every record has a label")
}

fn jobs(data: &Dataset, sides: Sides) -> Vec<Job> {
    Protocol { sides: vec![sides], seeds: vec![1], folds: 3 }.jobs(data).expect("there are enough crystals")
}

fn setting(data: &Dataset) -> Setting {
    let superconductors = data.num_superconductors();
    Setting { data: "reference".into(), data_sha256: "00".into(), crystals: data.len(), superconductors, folds: 3 }
}

/// Gives every crystal the share of positives among the examples.
#[derive(Debug)]
struct BaseRate(&'static str);

impl BenchmarkModel for BaseRate {
    fn name(&self) -> String {
        "base-rate".to_owned()
    }

    fn settings(&self) -> String {
        self.0.to_owned()
    }

    fn fit_score(&self, train: &[Example<'_>], test: &[&Record], _seed: u64) -> Result<Vec<f64>, EvalError> {
        let positives = train.iter().filter(|example| example.superconducts).count();
        Ok(vec![positives as f64 / train.len() as f64; test.len()])
    }
}

#[test]
fn every_kind_of_model_learns_what_can_be_learned() -> Result<(), EvalError> {
    let data = dataset();
    let job = &jobs(&data, Sides::Random)[0];
    for name in [
        "element-count",
        "statistic",
        "boosted:magpie",
        "bagged:element-count+fractions",
        "kernel:magpie",
        "calibrated:element-count",
        "blend:boosted:magpie,kernel:magpie",
    ] {
        let model = Specification::default().model(name)?;
        let result = FoldResult::of(&model, &data, job)?;
        let auc = result.evaluation.roc_auc.expect("both classes are tested");
        assert!(auc > 0.8, "{name}: {auc}");
        let again = FoldResult::of(&Specification::default().model(name)?, &data, job)?;
        assert_eq!(result.probabilities, again.probabilities, "{name} is a function of data and seed");
    }
    Ok(())
}

#[test]
fn names_without_a_meaning_are_refused() {
    let refused = |name: &str| Specification::default().model(name).map(|_| ()).map_err(|e| e.to_string());
    assert_eq!(refused("oracle"), Err("invalid configuration: `oracle` names no model".to_owned()));
    assert_eq!(
        refused("boosted:magpie@gap"),
        Err("invalid configuration: there is no auxiliary feature `gap`".to_owned())
    );
    let known = "element-count, magpie, fractions, composition, pairs, structure, surroundings, symmetry, doping";
    assert_eq!(
        refused("kernel:magic"),
        Err(format!("invalid configuration: `magic` is no set of features; there are {known}"))
    );
}

#[test]
fn folds_keep_apart_what_they_say() -> Result<(), EvalError> {
    let data = dataset();
    for sides in Sides::EVERY {
        let mut tested = vec![0; data.len()];
        for job in jobs(&data, sides) {
            job.split.test.iter().for_each(|&i| tested[i] += 1);
            if let Some(groups) = sides.groups(data.records(), job.seed) {
                assert_eq!(groups.shared_by(&job.split.train, &job.split.test), 0, "{sides}");
            }
        }
        assert!(tested.iter().all(|times| *times == 1), "{sides}");
        assert_eq!(sides.to_string().parse(), Ok(sides));
    }
    Ok(())
}

#[test]
fn a_killed_benchmark_continues_and_other_settings_are_refused() -> Result<(), Box<dyn std::error::Error>> {
    let (data, model) = (dataset(), BaseRate("first"));
    let (jobs, path) = (jobs(&data, Sides::ChemicalSystem), scratch("results").join("folds.jsonl"));
    let mut file = ResultFile::open(&path, &setting(&data))?;
    for job in &jobs[..2] {
        file.append(FoldResult::of(&model, &data, job)?)?;
    }
    let whole = fs::read_to_string(&path)?;
    fs::write(&path, &whole[..whole.len() - 10])?;

    let mut file = ResultFile::open(&path, &setting(&data))?;
    let there = jobs.iter().map(|job| file.has(&model, job)).collect::<Result<Vec<_>, _>>()?;
    assert_eq!(there, [true, false, false]);
    for job in &jobs[1..] {
        file.append(FoldResult::of(&model, &data, job)?)?;
    }
    let after = fs::read_to_string(&path)?;
    assert!(after.lines().count() == 4 && after.starts_with(whole.lines().next().expect("there is a first line")));

    let other = file.has(&BaseRate("second"), &jobs[0]).map_err(|error| error.to_string());
    assert!(other.expect_err("other settings").ends_with("base-rate was \"first\" and is \"second\" now"));
    let changed = Setting { data_sha256: "01".into(), ..setting(&data) };
    let refused = ResultFile::open(&path, &changed).map(|_| ()).map_err(|error| error.to_string());
    assert!(refused.expect_err("other data").contains("cannot be continued: it holds results of"));
    Ok(())
}

#[test]
fn the_table_has_chance_for_a_constant_score() -> Result<(), EvalError> {
    let data = dataset();
    let jobs = jobs(&data, Sides::Random);
    let forest = Specification::default().model("element-count")?;
    let mut results = Vec::new();
    for job in &jobs {
        results.push(FoldResult::of(&BaseRate(""), &data, job)?);
        results.push(FoldResult::of(&forest, &data, job)?);
    }
    let table = ScoreTable::new(&data, &jobs, &results, Some("base-rate"))?;
    // The best comes first.
    let [forest, constant] = &table.scores[..] else { panic!("two rows, not {:?}", table.scores) };
    assert_eq!((constant.metrics["roc_auc"].mean, constant.metrics["roc_auc"].deviation), (0.5, 0.0));
    // Folds are stratified, so the base rate of the others is nearly right.
    assert!(constant.metrics["ece"].mean < 0.02, "{constant:?}");
    let gain = forest.against.expect("it is compared");
    assert!((gain.mean - (forest.metrics["roc_auc"].mean - 0.5)).abs() < 1e-12);
    assert!(table.to_string().contains("| base-rate | "), "{table}");
    Ok(())
}

#[test]
fn differences_are_of_the_same_folds_and_repetitions_have_a_mean() -> Result<(), EvalError> {
    let data = dataset();
    let folds = jobs(&data, Sides::Random);
    let forest = Specification::default().model("element-count")?;
    let mut results = Vec::new();
    // The scores of two models on folds 0, 1 and 2, in points, and a third that lacks a fold.
    for (model, points) in
        [("first", &[80.0, 90.0, 70.0][..]), ("second", &[81.0, 92.0, 76.0]), ("third", &[79.0, 87.0])]
    {
        for (job, points) in folds.iter().zip(points) {
            let mut result = FoldResult::of(&forest, &data, job)?;
            result.evaluation.roc_auc = Some(points / 100.0);
            results.push(FoldResult { model: model.to_owned(), ..result });
        }
    }
    // Folds come in any order: two processes write into one file.
    results.reverse();
    results.swap(0, 2);
    let compared = |models: &[&str]| {
        let models = models.iter().map(|&model| model.to_owned()).collect();
        DifferenceTable::new(&folds, &results, &[Comparison { models, reference: "first".to_owned() }])
    };
    let table = compared(&["second", "third"])?;
    let text = table.to_string();
    let scores = &table.scores[0];
    let [second, third] = &scores.differences[..] else { panic!("two rows, not {text}") };
    assert_eq!((table.scores.len(), second.roc_auc.folds, third.roc_auc.folds), (1, 3, 2));
    // d = 1, 2, 6: mean 3, variance 7; of three folds n_test / n_train is 1/2, Student's t of two degrees of freedom 4.302653.
    let half = 4.302_653 * (7.0_f64 * (1.0 / 3.0 + 0.5)).sqrt();
    let (low, high) = second.roc_auc.interval.expect("the differences differ");
    for (found, expected) in [
        (second.roc_auc.mean, 3.0),
        (second.roc_auc.deviation, 7.0_f64.sqrt()),
        (low, 3.0 - half),
        (high, 3.0 + half),
        (third.roc_auc.mean, -2.0),
    ] {
        assert!((100.0 * found - expected).abs() < 1e-3, "{found} is not {expected} / 100: {text}");
    }
    assert!(
        text.contains(&format!("| second | first | +3.00 ± 2.65 [{:+.2}, {:+.2}] | 3 |", 3.0 - half, 3.0 + half)),
        "{text}"
    );
    assert!(text.contains("| mean of these 2 | first | +0.50 ± 3.54 | – |"), "{text}");
    assert_eq!(compared(&["second"])?.scores[0].repetitions, None);

    let missing = compared(&["second", "fourth"]).map_err(|error| error.to_string());
    assert_eq!(missing, Err("unusable data: no fold has results of both `fourth` and `first`".to_owned()));
    let unknown = ScoreTable::new(&data, &folds, &results, Some("fourth")).map_err(|error| error.to_string());
    assert_eq!(unknown, Err("unusable data: there are no results of `fourth` to compare with".to_owned()));
    Ok(())
}

#[test]
fn rows_do_not_depend_on_how_the_cell_is_written() -> Result<(), Box<dyn std::error::Error>> {
    let blocks = [
        FeatureBlock::ElementCount,
        FeatureBlock::Magpie,
        FeatureBlock::Fractions,
        FeatureBlock::Composition,
        FeatureBlock::Pairs,
        FeatureBlock::Structure,
        FeatureBlock::Surroundings,
        FeatureBlock::Symmetry,
    ];
    for reference in reference::crystals().iter().step_by(23) {
        let record = reference.to_record();
        let crystal = &record.crystal;
        let reversed: Vec<usize> = (0..crystal.num_sites()).rev().collect();
        let others = [
            crystal.translated([0.37, 0.11, 0.83])?.wrapped().permuted(&reversed)?,
            crystal.supercell([[2, 0, 0], [0, 1, 0], [0, 0, 1]])?,
            crystal.supercell([[1, 1, 0], [0, 1, 0], [1, 0, 1]])?,
        ];
        for other in others {
            for block in blocks {
                let rows = FeatureSet::new([block]).rows(&[crystal, &other])?;
                for (column, (a, b)) in rows[0].iter().zip(&rows[1]).enumerate() {
                    assert!(
                        (a - b).abs() <= 1e-5 * (1.0 + a.abs()),
                        "{}: {block} {column}: {a} is not {b}",
                        record.formula
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn an_auxiliary_feature_never_sees_a_chemical_system_of_the_benchmark() -> Result<(), EvalError> {
    let data = dataset();
    let (taught, tested) = data.records().split_at(60);
    let features: RecordFeatures = "element-count+fractions".parse().expect("these exist");
    let learn = |records: &[Record], benchmark: &[Record]| {
        AuxiliaryFeature::fit("parity", AuxiliaryTarget::Label, features.clone(), records, benchmark, 1)
    };
    let nothing = learn(data.records(), data.records()).map(|_| ()).map_err(|error| error.to_string());
    let expected = "unusable data: auxiliary feature parity: no crystal is left to learn from";
    assert_eq!(nothing, Err(expected.to_owned()));

    let feature = learn(taught, tested)?;
    assert!(feature.examples() < taught.len(), "some chemical systems are on both sides");
    let rows = RowCache::new("element-count".parse::<RecordFeatures>().expect("it exists"), vec![Arc::new(feature)]);
    let records: Vec<&Record> = tested.iter().collect();
    assert!(rows.rows(&records)?.iter().all(|row| row.len() == 2 && row[1].is_finite()));
    assert_eq!(rows.to_string(), "element-count@parity");
    Ok(())
}

#[test]
fn a_column_that_never_varies_does_no_harm() -> Result<(), EvalError> {
    let data = dataset();
    let rows = Arc::new(RowCache::new(FeatureSet::new([FeatureBlock::Fractions]), Vec::new()));
    let config = BoostingConfig { trees: 5, ..BoostingConfig::plain() };
    let boosting = Boosting { name: "few".into(), rows, config, supplement: None, masked: 0.0 };
    let result = FoldResult::of(&boosting, &data, &jobs(&data, Sides::Random)[0])?;
    assert!(result.probabilities()?.iter().all(|p| (0.0..=1.0).contains(p)));
    Ok(())
}

#[test]
fn further_compositions_teach_what_the_examples_do_not() -> Result<(), Box<dyn std::error::Error>> {
    let data = dataset();
    let job = &jobs(&data, Sides::ChemicalSystem)[0];
    // Binaries and quaternaries are positive in this dataset; the table says the opposite of ternaries only.
    let table: String = (1..40).map(|x| format!("Nb{x}Re40,9.0\nNb{x}Re40Xe2,0\n")).collect();
    let table = SuperCon::read(format!("name,Tc\n{table}").as_bytes(), &SuperConColumns::stanev())?;
    let supplement = Supplement::of_supercon(&table, 1.0);
    assert_eq!(supplement.len(), 78);
    let mut known = Specification { supplement: Some(Arc::new(supplement)), ..Specification::default() };
    let [plain, more] = ["boosted:element-count+structure", "supplemented:element-count+structure"];
    let plain = FoldResult::of(&known.model(plain)?, &data, job)?;
    let more = FoldResult::of(&known.model(more)?, &data, job)?;
    assert_ne!(plain.probabilities, more.probabilities);
    assert!(more.evaluation.roc_auc > Some(0.8), "{:?}", more.evaluation);
    Ok(())
}

#[test]
fn a_masked_structure_keeps_a_missing_one_from_being_an_answer() -> Result<(), Box<dyn std::error::Error>> {
    let data = dataset();
    let train: Vec<Example<'_>> = data
        .records()
        .iter()
        .zip(data.labels())
        .map(|(record, &superconducts)| Example { record, superconducts })
        .collect();
    // No composition without a structure superconducts.
    let table: String = (1..40).map(|x| format!("Xe{x}Re40,0\nXe{x}Re40Nb2,0\n")).collect();
    let table = SuperCon::read(format!("name,Tc\n{table}").as_bytes(), &SuperConColumns::stanev())?;
    let supplement = Arc::new(Supplement::of_supercon(&table, 1.0));
    let rows = Arc::new(RowCache::new("fractions+structure".parse::<RecordFeatures>().expect("it exists"), Vec::new()));
    let grow = |masked: f64| {
        let (rows, supplement) = (Arc::clone(&rows), Some(Arc::clone(&supplement)));
        let config = BoostingConfig { columns: 1.0, ..BoostingConfig::plain() };
        Boosting { name: "masked".into(), rows, config, supplement, masked }.grow(&train, &[], 1)
    };
    let mean = |masked: f64| -> Result<f64, EvalError> {
        let trees = grow(masked)?;
        let positive = train.iter().filter(|example| example.superconducts);
        let bare =
            positive.map(|example| trees[0].logit(&rows.row_of_composition(&example.record.crystal.composition())));
        let logits: Vec<f64> = bare.collect();
        Ok(logits.iter().sum::<f64>() / logits.len() as f64)
    };
    let (whole, masked) = (mean(0.0)?, mean(Boosting::MASKED)?);
    assert!(whole < 0.0 && masked > 0.0, "superconductors without their structures: {whole} and, masked, {masked}");
    let refused = grow(1.0).map(|_| ()).map_err(|error| error.to_string());
    let expected = "invalid configuration: the share of masked structures is 1, which is not at least 0 and below 1";
    assert_eq!(refused, Err(expected.to_owned()));
    Ok(())
}
