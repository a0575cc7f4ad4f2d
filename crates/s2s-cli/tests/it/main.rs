//! The command `s2s` as its users see it.

#[cfg(feature = "learners")]
mod benchmark;
mod benchmark_tc;
mod convert;
#[cfg(feature = "learners")]
mod held_records;
mod inputs;
mod inspect;
#[cfg(feature = "learners")]
mod join;
mod page;
mod screen;
mod screen_answers;
mod screen_tc;
mod streams;
mod support;
