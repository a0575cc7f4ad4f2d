//! Descriptors of doping: amounts relative to one metal, and the charges that they leave to it.

use s2s_crystal::{Composition, Element, ElementCategory};

use super::shared::filled;
use crate::ElementProperty;

/// Amounts per atom of the reference metal, and formal charges: what changes along a series of doped samples.
///
/// The reference metal is the most abundant transition metal; without one, the most abundant element that gives electrons
/// away, and without that the most abundant element. Formal charges are the usual ones of solids: O²⁻, F⁻, As³⁻, La³⁺,
/// Ba²⁺, Tl³⁺ and so on. All are ratios, so that a formula and its multiple are the same.
///
/// | numbers | what |
/// |---|---|
/// | 103 | amount of every element per atom of the reference metal, at most 100 |
/// | 3 | formal charge that balances the others, per transition metal, per reference metal, and per Cu; 0 without one |
/// | 2 | sum of charges per atom with usual charges for all, anions per cation |
/// | 3 | elements whose amount per reference metal is not whole, their distance from whole numbers, the smallest amount |
/// | 6 | mean and standard deviation of covalent radius, electronegativity and mass over the cations that are no transition metals |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DopingStatistics;

/// Elements 1 to 103.
const ELEMENTS: usize = 103;

/// Amounts per reference metal are cut off here.
const LARGEST: f64 = 100.0;

/// Amounts per reference metal this near to a whole number count as whole.
const WHOLE: f64 = 0.005;

const SITE_PROPERTIES: [ElementProperty; 3] =
    [ElementProperty::CovalentRadius, ElementProperty::Electronegativity, ElementProperty::AtomicWeight];

impl DopingStatistics {
    /// How many numbers one composition becomes.
    pub const LEN: usize = ELEMENTS + 3 + 2 + 3 + 2 * SITE_PROPERTIES.len();

    /// What each number is.
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> =
            Element::all().take(ELEMENTS).map(|e| format!("{} per reference metal", e.symbol())).collect();
        labels.extend(
            [
                "charge left to a transition metal",
                "charge left to the reference metal",
                "charge left to Cu",
                "sum of charges per atom",
                "anions per cation",
                "elements of broken amounts",
                "distance of amounts from whole numbers",
                "smallest amount per reference metal",
            ]
            .map(str::to_owned),
        );
        for property in SITE_PROPERTIES {
            labels.extend(["mean", "std"].map(|what| format!("{what} {} of other cations", property.name())));
        }
        labels
    }

    /// The numbers of one composition; all finite.
    pub fn describe(&self, composition: &Composition) -> [f64; Self::LEN] {
        let parts: Vec<(Element, f64)> = composition.fractions().collect();
        let reference = reference(&parts);
        let per_reference = composition.fraction(reference);
        let mut row = vec![0.0; ELEMENTS];
        for (element, x) in &parts {
            let index = usize::from(element.atomic_number()) - 1;
            row[index.min(ELEMENTS - 1)] += (x / per_reference).min(LARGEST);
        }
        let charge = |wanted: &dyn Fn(Element) -> bool| -> f64 {
            parts.iter().filter(|(e, _)| wanted(*e)).map(|(e, x)| x * usual_charge(*e)).sum()
        };
        let left_to = |is_metal: &dyn Fn(Element) -> bool| {
            let amount: f64 = parts.iter().filter(|(e, _)| is_metal(*e)).map(|(_, x)| x).sum();
            let others = charge(&|e| !is_metal(e));
            if amount > 0.0 { (-others / amount).clamp(-LARGEST, LARGEST) } else { 0.0 }
        };
        row.push(left_to(&is_transition_metal));
        row.push(left_to(&|e| e == reference));
        row.push(left_to(&|e| e.symbol() == "Cu"));
        row.push(charge(&|_| true));
        let sum = |wanted: fn(f64) -> bool| -> f64 {
            parts.iter().filter(|(e, _)| wanted(usual_charge(*e))).map(|(_, x)| x).sum()
        };
        let (anions, cations) = (sum(|q| q < 0.0), sum(|q| q >= 0.0));
        row.push((anions / cations.max(1.0 / LARGEST)).min(LARGEST));
        let broken = |x: f64| (x / per_reference - (x / per_reference).round()).abs();
        row.push(parts.iter().filter(|(_, x)| broken(*x) > WHOLE).count() as f64);
        row.push(parts.iter().map(|(_, x)| broken(*x)).sum());
        row.push(parts.iter().map(|(_, x)| x / per_reference).fold(LARGEST, f64::min));
        let others = || parts.iter().filter(|(e, _)| usual_charge(*e) > 0.0 && !is_transition_metal(*e));
        let amount: f64 = others().map(|(_, x)| x).sum();
        for property in SITE_PROPERTIES {
            let mean = others().map(|(e, x)| x * property.of_or_mean(*e)).sum::<f64>() / amount;
            let square = others().map(|(e, x)| x * (property.of_or_mean(*e) - mean).powi(2)).sum::<f64>() / amount;
            row.extend(if amount > 0.0 { [mean, square.max(0.0).sqrt()] } else { [0.0; 2] });
        }
        filled(row)
    }
}

fn is_transition_metal(element: Element) -> bool {
    element.category() == ElementCategory::TransitionMetal
        && !["Sc", "Y", "La", "Zn", "Cd", "Hg"].contains(&element.symbol())
}

/// The most abundant transition metal, else cation, else element; of equals the heaviest.
fn reference(parts: &[(Element, f64)]) -> Element {
    let most = |wanted: &dyn Fn(Element) -> bool| {
        let found = parts.iter().filter(|(e, _)| wanted(*e)).max_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        found.map(|(element, _)| *element)
    };
    most(&is_transition_metal)
        .or_else(|| most(&|e| usual_charge(e) > 0.0))
        .or_else(|| most(&|_| true))
        .expect("invariant: a composition has an element")
}

/// The formal charge that an element usually has in a solid.
fn usual_charge(element: Element) -> f64 {
    match element.symbol() {
        "F" | "Cl" | "Br" | "I" => -1.0,
        "O" | "S" | "Se" | "Te" => -2.0,
        "N" | "P" | "As" | "Sb" => -3.0,
        "He" | "Ne" | "Ar" | "Kr" | "Xe" | "Rn" => 0.0,
        "H" | "Ag" => 1.0,
        "Cu" | "Zn" | "Cd" | "Hg" | "Pb" | "Fe" | "Co" | "Ni" | "Pd" | "Pt" | "Mn" => 2.0,
        "Bi" | "Tl" | "Al" | "Ga" | "In" | "B" | "Cr" | "Rh" | "Ir" | "Au" => 3.0,
        "C" | "Si" | "Ge" | "Sn" | "Ti" | "Zr" | "Hf" | "Ce" | "Th" | "U" | "Ru" | "Os" => 4.0,
        "V" | "Nb" | "Ta" | "Pa" => 5.0,
        "Mo" | "W" => 6.0,
        "Tc" | "Re" => 7.0,
        _ => match (element.category(), element.group()) {
            (ElementCategory::Lanthanoid | ElementCategory::Actinoid, _) => 3.0,
            (_, group @ 1..=3) => f64::from(group),
            _ => 0.0,
        },
    }
}
