//! The ranking: answers in order, and the counts beside them.

use std::{cmp::Ordering, path::Path};

use clap::ValueEnum;
use s2s_data::{
    metric::{roc_auc, stratified_roc_auc},
    source::SourceSummary,
};

use super::{
    answer::{Hit, Outcome, Unreadable},
    models::BaseRates,
    prior::rescaled,
};

/// By which number structures are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RankBy {
    /// Probability that a transition is reported when it is measured
    Measured,
    /// Probability of being reported in SuperCon, against other Materials Project entries
    Listed,
    /// The same, as the bundled S2SNet answers it
    ListedNetwork,
    /// Critical temperature, where the model gives one
    Tc,
    /// What a network without a probability gives
    #[value(skip)]
    Value,
}

impl RankBy {
    /// The number of an answer.
    fn score(self, hit: &Hit) -> Option<f64> {
        let answer = &hit.answer;
        match self {
            Self::Measured => answer.p_measured,
            Self::Listed => answer.p_listed,
            Self::ListedNetwork => answer.p_listed_network,
            Self::Tc => answer.tc_k,
            Self::Value => answer.value,
        }
    }

    /// The order of answers: what lacks the number comes last, by the probability of a transition.
    fn compare(self, a: &Hit, b: &Hit) -> Ordering {
        let key = |hit: &Hit| {
            let or_last = |score: Option<f64>| score.unwrap_or(f64::NEG_INFINITY);
            (or_last(self.score(hit)), or_last(hit.answer.p_measured))
        };
        let ((a_score, a_measured), (b_score, b_measured)) = (key(a), key(b));
        b_score.total_cmp(&a_score).then(b_measured.total_cmp(&a_measured))
    }

    /// The column that has the number.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Measured => "p_measured",
            Self::Listed => "p_listed",
            Self::ListedNetwork => "p_listed_network",
            Self::Tc => "tc_k",
            Self::Value => "value",
        }
    }
}

/// What a screening run found.
#[derive(Debug)]
pub(super) struct Ranking {
    /// Inputs with an answer: all of them, or the best ones.
    pub(super) hits: Vec<Hit>,
    /// Inputs without, where all are kept.
    pub(super) unreadable: Vec<Unreadable>,
    /// How many hits are kept; `None` keeps all, and all failures.
    kept: Option<usize>,
    pub(super) by: RankBy,
    /// The base rate asked for, and those of the training data.
    pub(super) prior: Option<f64>,
    pub(super) base_rates: BaseRates,
    counts: Counts,
    /// What of folders and dumps was no structure.
    pub(super) skipped: SourceSummary,
    /// Every structure whose answer is known.
    known: Vec<Judged>,
}

#[derive(Debug, Default)]
struct Counts {
    ranked: usize,
    likely: usize,
    failed: usize,
    in_training: usize,
    warned: usize,
    compositions: usize,
    /// Without the number that ranks.
    without_score: usize,
}

/// A structure whose answer is known.
#[derive(Debug)]
struct Judged {
    score: f64,
    listed: Option<f64>,
    superconducts: bool,
    elements: usize,
}

impl Ranking {
    /// A ranking that keeps all, or the best only, so that it stays small however many there are.
    pub(super) fn new(by: RankBy, prior: Option<f64>, base_rates: BaseRates, kept: Option<usize>) -> Self {
        Self {
            hits: Vec::new(),
            unreadable: Vec::new(),
            kept,
            by,
            prior,
            base_rates,
            counts: Counts::default(),
            skipped: SourceSummary::default(),
            known: Vec::new(),
        }
    }

    /// Takes in what came of one input.
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Hit(hit) => self.add_hit(*hit),
            Outcome::PassedOver(passed_over) => self.skipped.skip(passed_over.kind, Path::new(&passed_over.path)),
            Outcome::Failure(failure) => {
                self.counts.failed += 1;
                if self.kept.is_none() {
                    self.unreadable.push(failure);
                }
            }
        }
    }

    fn add_hit(&mut self, mut hit: Hit) {
        if let Some(prior) = self.prior {
            let rescale = |probability: &mut Option<f64>, trained: Option<f64>| {
                if let (Some(probability), Some(trained)) = (probability.as_mut(), trained) {
                    *probability = rescaled(*probability, trained, prior);
                }
            };
            rescale(&mut hit.answer.p_measured, self.base_rates.measured);
            // Both have learned from the same crystals.
            rescale(&mut hit.answer.p_listed, self.base_rates.listed);
            rescale(&mut hit.answer.p_listed_network, self.base_rates.listed);
        }
        let score = self.by.score(&hit);
        let counts = &mut self.counts;
        counts.ranked += 1;
        counts.likely += usize::from(score.is_some_and(|score| score > 0.5));
        counts.without_score += usize::from(score.is_none());
        counts.in_training += usize::from(hit.answer.in_training == Some(true));
        counts.warned += usize::from(hit.remarks().next().is_some());
        counts.compositions += usize::from(hit.basis == super::answer::Basis::Composition);
        self.known.extend(hit.known_superconductor.zip(score).map(|(superconducts, score)| Judged {
            score,
            listed: hit.answer.p_listed,
            superconducts,
            elements: hit.formula.chars().filter(char::is_ascii_uppercase).count(),
        }));
        self.hits.push(hit);
        if self.kept.is_some_and(|kept| self.hits.len() >= 2 * kept + 1000) {
            self.sort();
        }
    }

    /// The best first; equals by name, so that two runs give the same bytes.
    pub(super) fn sort(&mut self) {
        let by = self.by;
        self.hits.sort_by(|a, b| by.compare(a, b).then_with(|| (&a.path, &a.id).cmp(&(&b.path, &b.id))));
        self.hits.truncate(self.kept.unwrap_or(usize::MAX));
    }

    /// Whether nothing was seen.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.ranked + self.counts.failed == 0
    }

    /// Whether every input got an answer.
    pub(super) fn is_complete(&self) -> bool {
        self.counts.failed == 0
    }

    /// Inputs with an answer.
    pub(super) fn num_ranked(&self) -> usize {
        self.counts.ranked
    }

    /// Sentences about the whole run.
    pub(super) fn summary(&self) -> Vec<String> {
        let counts = &self.counts;
        let column = self.by.column();
        let mut parts = vec![format!("{} ranked by {column}", counts.ranked)];
        if matches!(self.by, RankBy::Measured | RankBy::Listed | RankBy::ListedNetwork) {
            parts.push(format!("{} above 0.5", counts.likely));
        }
        for (count, what) in [
            (counts.failed, "without an answer"),
            (counts.compositions, "from the composition alone"),
            (counts.warned, "with warnings or notes"),
            (counts.in_training, "with a composition that is in the training data"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let mut lines = vec![parts.join(", ")];
        lines.extend(self.passed_over());
        lines.extend(self.shortage());
        lines.extend(self.agreement());
        lines
    }

    /// What of folders and dumps was no structure, and why it was not read.
    pub(super) fn passed_over(&self) -> Option<String> {
        self.skipped.passed_over()
    }

    /// What is said where answers lack the number that ranks.
    pub(super) fn shortage(&self) -> Option<String> {
        let (count, column) = (self.counts.without_score, self.by.column());
        let needs_structure = matches!(self.by, RankBy::Listed | RankBy::ListedNetwork);
        let needs = if needs_structure { ", which needs a structure" } else { "" };
        let order = if self.by == RankBy::Measured { "" } else { ", in the order of p_measured" };
        (count > 0).then(|| format!("warning: {count} of them have no {column}{needs}: they come last{order}"))
    }

    /// How well the ranking does where answers are known.
    fn agreement(&self) -> Option<String> {
        let truths: Vec<bool> = self.known.iter().map(|judged| judged.superconducts).collect();
        let scores: Vec<f64> = self.known.iter().map(|judged| judged.score).collect();
        let auc = roc_auc(&truths, &scores)?;
        let mut line =
            format!("on {} with known answers: ROC-AUC of {} {:.1} %", truths.len(), self.by.column(), 100.0 * auc);
        let elements: Vec<usize> = self.known.iter().map(|judged| judged.elements).collect();
        if let Some(stratified) = stratified_roc_auc(&truths, &scores, &elements) {
            line += &format!(" ({:.1} % among equal numbers of elements)", 100.0 * stratified);
        }
        let listed: Option<Vec<f64>> = self.known.iter().map(|judged| judged.listed).collect();
        if let Some(auc) = listed.filter(|_| self.by != RankBy::Listed).and_then(|scores| roc_auc(&truths, &scores)) {
            line += &format!(", of p_listed {:.1} %", 100.0 * auc);
        }
        if self.counts.in_training > 0 {
            let (seen, all) = (self.counts.in_training, self.counts.ranked);
            line += &format!("; {seen} of the {all} compositions are in the training data, so that this is no test");
        }
        Some(line)
    }
}
