//! Table A1: what a screening puts first, and what is known of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    error::Error,
    fmt::Write as _,
};

use s2s_crystal::Composition;
use s2s_data::{Record, table::SuperCon};
use serde_json::{Value, json};

use crate::{
    answers::Answer,
    families::{Compounds, percent},
};

/// A composition whatever the size of the cell.
type Key = Vec<(u8, u32)>;

/// Fractions to one part in ten thousand.
fn key(composition: &Composition) -> Key {
    let mut key: Key =
        composition.fractions().map(|(e, share)| (e.atomic_number(), (share * 1e4).round() as u32)).collect();
    key.sort_unstable();
    key
}

/// What is known from elsewhere, by composition.
pub(crate) struct Known {
    superconductors: HashSet<Key>,
    measured_without: HashSet<Key>,
    s2s: HashMap<Key, bool>,
    s2s_of_id: HashMap<String, bool>,
}

impl Known {
    /// What SuperCon and S2S say. A composition of S2S that is listed both ways counts as a superconductor.
    pub(crate) fn new(supercon: &SuperCon, s2s: &[Record]) -> Self {
        let (mut superconductors, mut measured_without) = (HashSet::new(), HashSet::new());
        for row in &supercon.rows {
            let set = if row.measurement.is_transition() { &mut superconductors } else { &mut measured_without };
            set.insert(key(&row.composition));
        }
        let (mut by_key, mut s2s_of_id) = (HashMap::new(), HashMap::new());
        for record in s2s {
            if let Some(label) = record.label.and_then(|label| label.is_superconductor()) {
                *by_key.entry(key(&record.crystal.composition())).or_insert(false) |= label;
                if let Some(id) = &record.mp_id {
                    *s2s_of_id.entry(id.as_str().to_owned()).or_insert(false) |= label;
                }
            }
        }
        Self { superconductors, measured_without, s2s: by_key, s2s_of_id }
    }

    /// In a word: `superconductor` if SuperCon or S2S says so, `measured, none` if SuperCon has no transition.
    fn word(&self, composition: &Composition) -> &'static str {
        let key = key(composition);
        if self.superconductors.contains(&key) || self.s2s.get(&key) == Some(&true) {
            "superconductor"
        } else if self.measured_without.contains(&key) {
            "measured, none"
        } else {
            ""
        }
    }

    fn in_s2s(&self, composition: &Composition) -> &'static str {
        match self.s2s.get(&key(composition)) {
            Some(true) => "superconductor",
            Some(false) => "other",
            None => "",
        }
    }
}

/// A row of the paper's Table A1.
#[derive(Clone, Debug)]
struct Published {
    group: String,
    formula: String,
    composition: Composition,
    score: Option<f64>,
    known: bool,
}

fn published() -> Result<Vec<Published>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in include_str!("published.csv").lines().skip(1) {
        let [group, formula, score, known]: [&str; 4] =
            line.split(',').collect::<Vec<_>>().try_into().map_err(|_| format!("unreadable row `{line}`"))?;
        rows.push(Published {
            group: group.to_owned(),
            formula: formula.to_owned(),
            composition: formula.parse()?,
            score: score.parse().ok(),
            known: known == "yes",
        });
    }
    Ok(rows)
}

/// The table as Markdown and as JSON.
pub(crate) fn table(
    answers: &[Answer],
    refused: usize,
    known: &Known,
    top: usize,
) -> Result<(String, Value), Box<dyn Error>> {
    let ranked = ranked(answers, |answer| Some(answer.probability));
    let positives = answers.iter().filter(|answer| answer.is_positive()).count();

    let mut text = String::from("# What a screening puts first\n\n");
    let _ = writeln!(
        text,
        "{} crystals were answered for ({refused} were refused), {positives} of them ({:.1} %) above ½; they are of {} \
         compositions. The paper: 5,468 of 69,239 (7.9 %).\n\nKnown: SuperCon lists the composition with a transition \
         (`superconductor`), only without one (`measured, none`), or S2S calls a crystal of the composition a \
         superconductor. Scores are probabilities of being reported in SuperCon, against other Materials Project entries, calibrated \
         at the 25 % of S2S; most of the known ones were in the training data. \"Its std\" is the standard deviation over the \
         ensemble.\n",
        answers.len(),
        100.0 * positives as f64 / answers.len() as f64,
        ranked.len(),
    );

    let (families, family_lines) = families(answers, known);
    text.push_str(&family_lines);
    let (agreement, agreement_lines) = agreement(answers, known)?;
    text.push_str(&agreement_lines);
    let enrichment = enrichment(&ranked, known);
    text.push_str(&enrichment.1);

    let (lines, rows) = list(&ranked, known, top);
    let _ = writeln!(text, "## The first {top} compositions\n\n{lines}");
    let measured = self::ranked(answers, |answer| answer.p_measured);
    let mut by_measured = Value::Null;
    if !measured.is_empty() {
        let (lines, rows) = list(&measured, known, top / 2);
        let _ = writeln!(
            text,
            "## The first {} compositions by the probability that a transition is reported when they are measured\n\n\
             That model has learned from materials of SuperCon only.\n\n{lines}",
            top / 2
        );
        by_measured = rows;
    }
    let summary = json!({"crystals": answers.len(), "refused": refused, "above_one_half": positives,
        "compositions": ranked.len(), "families": families, "published": agreement, "enrichment": enrichment.0,
        "top": rows, "top_by_p_measured": by_measured});
    Ok((text, summary))
}

/// One crystal per composition, the best by some number, from the best on; crystals without the number are left out.
fn ranked(answers: &[Answer], number: impl Fn(&Answer) -> Option<f64>) -> Vec<&Answer> {
    let mut best: HashMap<Key, (&Answer, f64)> = HashMap::new();
    for answer in answers {
        if let Some(value) = number(answer) {
            let entry = best.entry(key(&answer.composition)).or_insert((answer, value));
            if value > entry.1 {
                *entry = (answer, value);
            }
        }
    }
    let mut ranked: Vec<(&Answer, f64)> = best.into_values().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
    ranked.into_iter().map(|(answer, _)| answer).collect()
}

/// The first rows as Markdown and as JSON; columns that no row fills are left out.
fn list(ranked: &[&Answer], known: &Known, top: usize) -> (String, Value) {
    const HEADS: [&str; 10] = [
        "rank",
        "formula",
        "best crystal",
        "score",
        "transition reported when measured",
        "its std",
        "nearest known",
        "family",
        "known",
        "S2S label",
    ];
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.3}"));
    let (mut cells, mut rows) = (Vec::new(), Vec::new());
    for (k, answer) in ranked.iter().take(top).enumerate() {
        let Answer { id, formula, composition, probability, .. } = answer;
        let family = match Compounds::of(composition) {
            Compounds::All => "",
            narrow => narrow.name(),
        };
        let (known_as, s2s) = (known.word(composition), known.in_s2s(composition));
        let nearest = answer.nearest.as_ref().map_or(String::new(), |(name, far)| format!("{name} ({far:.1})"));
        let outside = if answer.warnings.is_empty() { "" } else { " (outside the training range)" };
        cells.push([
            (k + 1).to_string(),
            format!("{formula}{outside}"),
            id.clone(),
            number(Some(*probability)),
            number(answer.p_measured),
            number(answer.std.filter(|_| answer.p_measured.is_some())),
            nearest,
            family.to_owned(),
            known_as.to_owned(),
            s2s.to_owned(),
        ]);
        rows.push(json!({"rank": k + 1, "formula": formula, "id": id, "probability": probability,
            "p_measured": answer.p_measured, "std": answer.std, "nearest": answer.nearest,
            "warnings": answer.warnings, "family": family, "known": known_as, "s2s": s2s}));
    }
    let filled: Vec<usize> = (0..HEADS.len()).filter(|c| cells.iter().any(|row| !row[*c].is_empty())).collect();
    let line = |row: &dyn Fn(usize) -> String| -> String {
        let cells: Vec<String> = filled.iter().map(|c| row(*c)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&|c| HEADS[c].to_owned());
    text.push_str(&format!("|{}\n", "---|".repeat(filled.len())));
    cells.iter().for_each(|row| text.push_str(&line(&|c| row[c].clone())));
    (text, rows.into())
}

/// Counts and, for crystals that S2S labels, accuracies by family.
fn families(answers: &[Answer], known: &Known) -> (Value, String) {
    let mut text = String::from(
        "## Families\n\nA compound may be in several. Accuracies are over the crystals that S2S labels and that have a Materials \
         Project id; the model has learned from most of them, as in the paper. \"Found\" counts the superconductors above ½, \
         \"always no\" is the accuracy of calling nothing a superconductor. Out-of-fold figures, and how the paper's families \
         were told, are in `families.md`.\n\n\
         | family | definition | screened | above ½ | of these known | labelled by S2S | accuracy | always no | found | paper |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut all = BTreeMap::new();
    for family in Compounds::EVERY {
        let members: Vec<&Answer> = answers.iter().filter(|a| family.holds(&a.composition)).collect();
        let above = members.iter().filter(|a| a.is_positive()).count();
        let known_above = members.iter().filter(|a| a.is_positive() && known.word(&a.composition) == "superconductor");
        let known_above = known_above.count();
        let labelled: Vec<(&Answer, bool)> =
            members.iter().filter_map(|a| Some((*a, *known.s2s_of_id.get(&a.id)?))).collect();
        let correct = labelled.iter().filter(|(a, label)| a.is_positive() == *label).count();
        let superconductors = labelled.iter().filter(|(_, label)| *label).count();
        let found = labelled.iter().filter(|(a, label)| *label && a.is_positive()).count();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {above} | {known_above} | {} | {} | {} | {found} of {superconductors} | {} |",
            family.name(),
            family.definition(),
            members.len(),
            labelled.len(),
            percent(correct, labelled.len()),
            percent(labelled.len() - superconductors, labelled.len()),
            family.published().map_or("–".to_owned(), |p| format!("{p:.2} %")),
        );
        all.insert(
            family.name(),
            json!({"screened": members.len(), "above_one_half": above, "known_above": known_above,
                "labelled": labelled.len(), "correct": correct, "superconductors": superconductors, "found": found,
                "published_accuracy": family.published()}),
        );
    }
    text.push('\n');
    (json!(all), text)
}

/// The paper's own list, where the composition was screened.
fn agreement(answers: &[Answer], known: &Known) -> Result<(Value, String), Box<dyn Error>> {
    let best: HashMap<Key, &Answer> =
        ranked(answers, |answer| Some(answer.probability)).into_iter().map(|a| (key(&a.composition), a)).collect();
    let (mut lines, mut rows, mut present, mut above) = (String::new(), Vec::new(), 0, 0);
    let all = published()?;
    for row in &all {
        let found = best.get(&key(&row.composition)).copied();
        present += usize::from(found.is_some());
        above += usize::from(found.is_some_and(Answer::is_positive));
        let star = if row.known { "*" } else { "" };
        let score = row.score.map_or("–".to_owned(), |score| format!("{score:.4}"));
        let (ours, id) = found.map_or(("–".to_owned(), "–"), |a| (format!("{:.3}", a.probability), a.id.as_str()));
        let known_as = known.word(&row.composition);
        let _ = writeln!(lines, "| {} | {}{star} | {score} | {ours} | {id} | {known_as} |", row.group, row.formula);
        rows.push(json!({"group": row.group, "formula": row.formula, "published": row.score, "known_there": row.known,
            "ours": found.map(|a| a.probability), "id": found.map(|a| &a.id), "known": known_as}));
    }
    let mut text = format!(
        "## The paper's list\n\n{present} of the {} compositions of the paper's Table A1 were screened; {above} of these are \
         above ½ here too. `*` marks what the paper calls already discovered. Ba9La9Cu9Ru9O46 has no score of its own there.\n\n\
         | group | formula | paper | here | best crystal | known |\n|---|---|---|---|---|---|\n",
        all.len()
    );
    text.push_str(&lines);
    text.push('\n');
    Ok((json!({"listed": all.len(), "present": present, "above_one_half": above, "rows": rows}), text))
}

/// How many of the first compositions are known, beside the share of all.
fn enrichment(ranked: &[&Answer], known: &Known) -> (Value, String) {
    let is_known: Vec<bool> = ranked.iter().map(|a| known.word(&a.composition) == "superconductor").collect();
    let all = is_known.iter().filter(|known| **known).count() as f64 / ranked.len() as f64;
    let mut text = format!(
        "## Known superconductors among the first\n\nOf all screened compositions, {:.2} % are known superconductors. The model has learned from most of \
         them: this is recall. Out-of-fold precision is the column P@10 % of the benchmark's table.\n\n\
         | first | known superconductors | over the share of all |\n|---|---|---|\n",
        100.0 * all
    );
    let mut rows = Vec::new();
    for first in [100, 1000, 10_000].into_iter().filter(|first| *first <= ranked.len()) {
        let hits = is_known[..first].iter().filter(|known| **known).count();
        let share = hits as f64 / first as f64;
        let _ = writeln!(text, "| {first} | {hits} ({:.1} %) | {:.1} |", 100.0 * share, share / all.max(1e-12));
        rows.push(json!({"first": first, "known": hits}));
    }
    text.push('\n');
    (json!({"known_share": all, "rows": rows}), text)
}
