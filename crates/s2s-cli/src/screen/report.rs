//! The ranking as a table, as CSV and as JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Hit, Material},
    file_label::{labels, printable},
    ranking::{RankBy, Ranking},
};
use crate::{
    csv_field::quoted,
    table::{Column, lines, wrap},
};

/// A column of the printed table: what stands above it, what it means, and what a row has there.
struct Shown {
    column: Column,
    meaning: &'static str,
    cell: fn(&Answer) -> Option<String>,
}

const fn number(title: &'static str, meaning: &'static str, cell: fn(&Answer) -> Option<String>) -> Shown {
    Shown { column: Column { title, least: None }, meaning, cell }
}

/// The columns that hold an answer, in their order.
const SHOWN: [Shown; 6] = [
    number("p_measured", P_MEASURED, |answer| answer.p_measured.map(|p| format!("{p:.3}"))),
    number("Tc/K", TC, |answer| {
        let tc = answer.tc_k?;
        let interval = answer.tc_low_k.zip(answer.tc_high_k).map(|(low, high)| format!(" [{low:.0}, {high:.0}]"));
        Some(format!("{tc:.1}{}", interval.unwrap_or_default()))
    }),
    number("p_listed", P_LISTED, |answer| answer.p_listed.map(|p| format!("{p:.3}"))),
    number("value", VALUE, |answer| answer.value.map(|value| format!("{value:.4}"))),
    number("std", STD, |answer| answer.std.map(|std| format!("{std:.3}"))),
    Shown {
        column: Column { title: "nearest", least: Some(10) },
        meaning: NEAREST,
        cell: |answer| {
            let tc = answer.nearest_tc_k.map(|tc| format!(" {tc:.1} K")).unwrap_or_default();
            Some(format!("{}{tc} ({:.1})", answer.nearest.as_ref()?, answer.distance?))
        },
    },
];

pub(super) const P_MEASURED: &str = "calibrated probability that a transition is reported when it is measured";
pub(super) const TC: &str = "critical temperature in K if there is a transition, with its 80 % interval";
pub(super) const P_LISTED: &str =
    "calibrated probability of being reported in SuperCon, against other Materials Project entries";
pub(super) const P_LISTED_NETWORK: &str = "the same as p_listed, from S2SNet, which sees the atoms";
const VALUE: &str = "what the network gives, in the unit of its training data";
const STD: &str = "standard deviation";
pub(super) const NEAREST: &str =
    "known superconductor of the nearest composition, its Tc, and (the composition distance on Pettifor's scale)";

/// Columns of the CSV file, in their order.
pub(super) const CSV_HEADER: &str = "id,path,formula,p_measured,tc_k,tc_low_k,tc_high_k,p_listed,std,nearest,nearest_tc_k,distance,nearest_materials,\
    in_training,p_listed_network,warnings";

impl Ranking {
    /// The table, its legend and the remarks on its rows.
    pub(super) fn print(&self, out: &mut impl Write, top: usize, width: usize) -> io::Result<()> {
        if self.hits.is_empty() {
            return Ok(());
        }
        let top = if top == 0 { self.hits.len() } else { top.min(self.hits.len()) };
        let hits = &self.hits[..top];
        let files = labels(hits);
        // A column is shown if any row has something to put there.
        let shown: Vec<&Shown> =
            SHOWN.iter().filter(|shown| hits.iter().any(|hit| (shown.cell)(&hit.answer).is_some())).collect();
        let mut columns = vec![Column { title: "rank", least: None }];
        columns.extend(shown.iter().map(|shown| shown.column));
        let names = [Column { title: "formula", least: Some(8) }, Column { title: "file", least: Some(10) }];
        let before_names = columns.iter().filter(|column| column.least.is_none()).count();
        columns.splice(before_names..before_names, names);
        let rows: Vec<Vec<String>> = hits
            .iter()
            .zip(&files)
            .enumerate()
            .map(|(rank, (hit, file))| {
                let mut row = vec![(rank + 1).to_string()];
                row.extend(shown.iter().map(|shown| (shown.cell)(&hit.answer).unwrap_or_default()));
                row.splice(before_names..before_names, [hit.formula.clone(), file.clone()]);
                row
            })
            .collect();
        lines(&columns, &rows, width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        if top < self.num_ranked() {
            writeln!(out, "… and {} more (--top 0 prints all)", self.num_ranked() - top)?;
        }
        writeln!(out)?;
        for (rank, (hit, file)) in hits.iter().zip(&files).enumerate() {
            for remark in hit.remarks() {
                wrapped(out, &format!("{} {file}: {}", rank + 1, printable(&remark)), width)?;
            }
        }
        let first = shown.first().map_or("", |shown| shown.column.title);
        for shown in shown {
            // Only the first model says how far the members of its ensemble are apart.
            let of = if shown.column.title == "std" { format!(" of {first} over its ensemble") } else { String::new() };
            wrapped(out, &format!("{}: {}{of}{}", shown.column.title, shown.meaning, self.base_rate(shown)), width)?;
        }
        Ok(())
    }

    /// At which base rate a probability is calibrated, and which one was asked for.
    fn base_rate(&self, shown: &Shown) -> String {
        let trained = match shown.column.title {
            "p_measured" => self.base_rates.measured,
            "p_listed" => self.base_rates.listed,
            "std" if self.prior.is_some() => return "; without --prior".to_owned(),
            _ => None,
        };
        match (trained, self.prior) {
            (Some(trained), Some(prior)) => {
                format!(
                    ", at the base rate {} % of --prior ({:.0} % in the training data)",
                    100.0 * prior,
                    100.0 * trained
                )
            }
            (Some(trained), None) => {
                format!(", at the base rate of the training data, {:.0} % (--prior sets another)", 100.0 * trained)
            }
            (None, _) => String::new(),
        }
    }

    /// The whole ranking as CSV.
    pub(super) fn csv(&self) -> String {
        let mut text = format!("{CSV_HEADER}\n");
        let number = |value: Option<f64>| value.map(|x| x.to_string()).unwrap_or_default();
        for hit in &self.hits {
            let answer = &hit.answer;
            let fields = [
                quoted(&hit.id),
                quoted(&hit.path),
                quoted(&hit.formula),
                number(answer.p_measured),
                number(answer.tc_k),
                number(answer.tc_low_k),
                number(answer.tc_high_k),
                number(answer.p_listed),
                number(answer.std),
                quoted(answer.nearest.as_deref().unwrap_or_default()),
                number(answer.nearest_tc_k),
                number(answer.distance),
                quoted(&answer.nearest_materials.iter().map(Material::to_string).collect::<Vec<_>>().join("; ")),
                answer.in_training.map(|known| known.to_string()).unwrap_or_default(),
                number(answer.p_listed_network),
                quoted(&hit.remarks().collect::<Vec<_>>().join("; ")),
            ];
            text += &(fields.join(",") + "\n");
        }
        text
    }

    /// What each column that any answer fills means, and at which base rate.
    pub(super) fn legend(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let filled = SHOWN.iter().filter(|shown| self.hits.iter().any(|hit| (shown.cell)(&hit.answer).is_some()));
        let has_network = self.hits.iter().any(|hit| hit.answer.p_listed_network.is_some());
        let of_network = has_network.then(|| (RankBy::ListedNetwork.column(), P_LISTED_NETWORK.to_owned()));
        filled
            .map(|shown| (shown.column.title, format!("{}{}", shown.meaning, self.base_rate(shown))))
            .chain(of_network)
    }

    /// The whole ranking, and what has no answer, as JSON; the README of this crate describes it.
    pub(super) fn json(&self) -> String {
        format!("{:#}\n", self.value())
    }

    /// What [`json`](Self::json) writes.
    pub(super) fn value(&self) -> Value {
        #[derive(Serialize)]
        struct Ranked<'h> {
            rank: usize,
            #[serde(flatten)]
            hit: &'h Hit,
        }
        let ranked = self.hits.iter().enumerate().map(|(k, hit)| Ranked { rank: k + 1, hit });
        let ranking: Vec<_> = ranked.collect();
        json!({
            "schema": "s2s-screen",
            "version": 1,
            "ranked_by": self.by.column(),
            "base_rates": { "p_measured": self.base_rates.measured, "p_listed": self.base_rates.listed },
            "prior": self.prior,
            "ranking": ranking,
            "unreadable": self.unreadable,
        })
    }

    /// Sentences about the whole run, and one more, wrapped.
    pub(super) fn print_summary(&self, out: &mut impl Write, more: &str, width: usize) -> io::Result<()> {
        self.summary().iter().map(String::as_str).chain([more]).try_for_each(|line| wrapped(out, line, width))
    }
}

/// Writes a paragraph; lines after the first are set in.
fn wrapped(out: &mut impl Write, text: &str, width: usize) -> io::Result<()> {
    for (k, piece) in words(text, width.max(20) - 2).iter().enumerate() {
        writeln!(out, "{}{piece}", if k > 0 { "  " } else { "" })?;
    }
    Ok(())
}

/// The lines of a paragraph, broken between words; a word that is too long by itself is cut.
fn words(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').flat_map(|word| wrap(word, width)) {
        let line = lines.last_mut().expect("invariant: there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            *line += " ";
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
