//! Models of critical temperatures, from examples to the sealed folder.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use s2s_crystal::{Composition, Crystal, Element, Lattice};
use s2s_eval::{
    learner::{BoostingConfig, ExtraTreesConfig},
    tc::{
        CrossConformal, ForestLearner, KernelLearner, NetworkConfig, NetworkLearner, TcExample, TcModel, TcRecipe,
        TcRegressor, superconductors,
    },
};
use s2s_featurize::FeatureSet;

fn example(formula: &str, kelvin: f64) -> Result<TcExample, Box<dyn Error>> {
    Ok(TcExample { composition: formula.parse()?, kelvin, tested_to: None, crystal: None })
}

/// Doping series of several systems: domes of Tc, zero at their ends.
fn domes() -> Result<Vec<TcExample>, Box<dyn Error>> {
    let mut examples = Vec::new();
    for (k, (metal, dopant)) in
        [("La", "Sr"), ("La", "Ba"), ("Nd", "Sr"), ("Pr", "Ca"), ("Y", "Ca"), ("La", "Ca")].into_iter().enumerate()
    {
        for step in 0..=12 {
            let x = 0.025 * f64::from(step);
            let kelvin = ((20.0 + 4.0 * k as f64) * (1.0 - (x - 0.15).powi(2) / 0.0225)).max(0.0);
            examples.push(example(
                &format!("{metal}{:.3}{dopant}{x:.3}CuO4", 2.0 - x).replace(&format!("{dopant}0.000"), ""),
                kelvin,
            )?);
        }
    }
    Ok(examples)
}

fn recipe() -> TcRecipe {
    let standard = TcRecipe::standard();
    TcRecipe {
        features: "fractions+doping".to_owned(),
        forest: ExtraTreesConfig { trees: 30, ..standard.forest },
        boosting: BoostingConfig { trees: 20, ..standard.boosting },
        fold_trees: 20,
        folds: 3,
        ..standard
    }
}

#[test]
fn one_example_remains_of_each_superconductor_and_no_zero_has_a_share_in_it() -> Result<(), Box<dyn Error>> {
    let rows = [("Nb", 9.2), ("Nb2", 9.0), ("Nb", 0.0), ("Nb", 9.3), ("Au", 0.0), ("Pb", 7.2), ("Pb", 7.1)];
    let rows: Vec<TcExample> = rows.iter().map(|(formula, tc)| example(formula, *tc)).collect::<Result<_, _>>()?;
    let mut found: Vec<f64> = superconductors(&rows).iter().map(|example| example.kelvin).collect();
    found.sort_unstable_by(f64::total_cmp);
    assert_eq!(found, [7.1, 9.2]);
    Ok(())
}

#[test]
fn a_sealed_model_answers_what_the_model_answered() -> Result<(), Box<dyn Error>> {
    let all = domes()?;
    let examples = superconductors(&all);
    let model = TcModel::fit(&examples, &recipe(), 1)?;
    let asked: Vec<Composition> = ["La1.86Sr0.14CuO4", "Y1.9Ca0.1CuO4", "Nd1.9Ba0.1CuO4", "Nb3Sn"]
        .map(str::parse)
        .into_iter()
        .collect::<Result<_, _>>()?;
    let before: Vec<_> = asked.iter().map(|composition| model.predict(composition)).collect();
    let metrics = BTreeMap::from([("mae_k".to_owned(), 1.0)]);
    let sealed = model.into_sealed(&examples, "0".repeat(64), metrics)?;
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sealed-tc");
    let _ = std::fs::remove_dir_all(&folder);
    sealed.save(&folder, "a card")?;
    let loaded = s2s_predict::Predictor::load(&folder)?;
    assert_eq!(loaded.info().unit.as_deref(), Some("K"));
    for (composition, before) in asked.iter().zip(&before) {
        let answer = loaded.answer_composition(composition)?;
        let transition = answer.transition.ok_or("it is a model of Tc")?;
        // The gate of the unsealed model leaves some hundredths of the trees out: it has seen no example without a Tc.
        for (now, then) in
            [(transition.kelvin, before.kelvin), (transition.low, before.low), (transition.high, before.high)]
        {
            assert!((now - then).abs() < 0.05 * (1.0 + then), "{composition}: {now} was {then}");
        }
        assert!(transition.low <= transition.kelvin && transition.kelvin <= transition.high);
    }
    let near = loaded.answer_composition(&asked[0])?.nearest.ok_or("it holds its examples")?;
    assert_eq!((near.formula.contains("Sr"), near.tc.is_some()), (true, true));
    assert!(loaded.answer_composition(&asked[3])?.warnings.len() >= 2, "neither Nb nor Sn was learned from");

    let with_none = TcModel::fit(&all, &recipe(), 1)?;
    let refused = with_none.into_sealed(&all, "0".repeat(64), BTreeMap::new());
    assert!(refused.is_err_and(|error| error.to_string().contains("has no Tc to learn")));
    Ok(())
}

#[test]
fn the_ends_of_domes_are_told_from_their_tops() -> Result<(), Box<dyn Error>> {
    let all = domes()?;
    let model = TcModel::fit(&all, &recipe(), 2)?;
    let of = |formula: &str| -> Result<_, Box<dyn Error>> { Ok(model.predict(&formula.parse()?)) };
    let (top, end) = (of("La1.84Sr0.16CuO4")?, of("La1.999Sr0.001CuO4")?);
    assert!(top.kelvin > 12.0 && top.probability > 0.7, "{top:?}");
    assert!(end.kelvin < 6.0 && end.probability < top.probability, "{end:?}");
    assert_eq!(model.predict_all(&[&all[3].composition])[0], model.predict(&all[3].composition));
    Ok(())
}

/// Cells of cesium chloride type whose Tc follows from the cell and not from the elements.
fn cells() -> Result<Vec<TcExample>, Box<dyn Error>> {
    let metals = ["Ti", "V", "Zr", "Nb", "Mo", "Hf", "Ta", "W", "Re", "Sc", "Y", "La"];
    let mut examples = Vec::new();
    for (i, first) in metals.iter().enumerate() {
        for (k, second) in metals.iter().enumerate().skip(i + 1) {
            let wide = (7 * i + 5 * k) % 3 == 0;
            let a = if wide { 3.8 } else { 3.0 };
            let element = |symbol: &str| Element::from_symbol(symbol).ok_or("an element");
            let atoms = [(element(first)?, [0.0; 3]), (element(second)?, [0.5; 3])];
            let crystal = Crystal::ordered(Lattice::cubic(a)?, atoms)?;
            let kelvin = if wide { 16.0 } else { 4.0 };
            let crystal = Some(Arc::new(crystal));
            examples.push(TcExample { crystal, ..example(&format!("{first}{second}"), kelvin)? });
        }
    }
    Ok(examples)
}

#[test]
fn a_forest_that_sees_structures_learns_what_compositions_do_not_tell() -> Result<(), Box<dyn Error>> {
    let all = cells()?;
    let (train, test): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(k, _)| k % 3 != 0);
    let train: Vec<TcExample> = train.into_iter().map(|(_, example)| example).collect();
    let asked: Vec<_> = test.iter().map(|(_, example)| example.input()).collect();
    let error = |features: &str| -> Result<f64, Box<dyn Error>> {
        let learner = ForestLearner(ExtraTreesConfig { trees: 40, columns: 0.6, leaf: 1 });
        let model = CrossConformal { learner, features: features.parse()?, exponent: 1.0, folds: 3 };
        let answers = model.fit_predict(&train, &asked, 1)?;
        let errors = answers.iter().zip(&test).map(|(answer, (_, example))| (answer.kelvin - example.kelvin).abs());
        Ok(errors.sum::<f64>() / answers.len() as f64)
    };
    let (composition, both) = (error("magpie")?, error("magpie+structure")?);
    assert!(both < 1.0 && composition > 3.0, "{both} K with structures, {composition} K without");
    Ok(())
}

#[test]
fn single_learners_have_intervals_that_hold_on_chemical_systems_of_their_own() -> Result<(), Box<dyn Error>> {
    let all = domes()?;
    let is_asked = |example: &TcExample| example.composition.elements().any(|element| element.symbol() == "Nd");
    let (test, train): (Vec<_>, Vec<_>) = all.into_iter().partition(is_asked);
    let asked: Vec<_> = test.iter().map(TcExample::input).collect();
    let forest = ForestLearner(ExtraTreesConfig { trees: 40, columns: 0.6, leaf: 1 });
    let network = NetworkLearner(NetworkConfig { width: 24, epochs: 60, members: 2, ..NetworkConfig::plain() });
    let kernel = KernelLearner(TcRecipe::standard().kernel);
    let features: FeatureSet = "fractions+doping".parse()?;
    let (exponent, folds) = (1.0, 4);
    let models: [Box<dyn TcRegressor>; 3] = [
        Box::new(CrossConformal { learner: forest, features: features.clone(), exponent, folds }),
        Box::new(CrossConformal { learner: network, features: features.clone(), exponent, folds }),
        Box::new(CrossConformal { learner: kernel, features, exponent, folds }),
    ];
    for model in models {
        let answers = model.fit_predict(&train, &asked, 1)?;
        assert_eq!(answers, model.fit_predict(&train, &asked, 1)?, "{}", model.name());
        for answer in &answers {
            let within = 0.0 <= answer.low && answer.low <= answer.kelvin && answer.kelvin <= answer.high;
            assert!(within && (0.0..=1.0).contains(&answer.probability), "{}: {answer:?}", model.name());
        }
        let inside = answers.iter().zip(&test).filter(|(a, e)| (a.low..=a.high).contains(&e.kelvin)).count();
        assert!(2 * inside >= test.len(), "{}: {inside} of {}", model.name(), test.len());
        assert!(model.fit_predict(&train[..10], &asked, 1).is_err(), "ten examples leave nothing to calibrate on");
    }
    Ok(())
}
