//! The speed of two processes relative to one, measured alternately.

use std::error::Error;

use super::{
    process_group::answer_of_group,
    report::Report,
    training::{Pace, Training},
};

/// Prints what both reach in each round, and the median of their ratios.
pub(crate) fn measure(training: &Training, rounds: u16, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut ratios = Vec::new();
    report.line(format_args!(
        "crystals per second, one thread each\n\n| round | 1 process | 2 processes | ratio |\n|---|---|---|---|"
    ));
    for round in 1..=rounds {
        let [one, two] = [1, 2].map(|size| -> Result<f64, Box<dyn Error>> {
            let pace: Pace = serde_json::from_str(&answer_of_group(size, &training.arguments())?)?;
            Ok(pace.crystals as f64 / pace.seconds)
        });
        let (one, two) = (one?, two?);
        report.line(format_args!("| {round} | {one:.2} | {two:.2} | {:.3} |", two / one));
        ratios.push(two / one);
    }
    ratios.sort_by(f64::total_cmp);
    report.line(format_args!("\nmedian ratio: {:.3}", ratios[ratios.len() / 2]));
    Ok(())
}
