//! What a block can state about its symmetry, and whether two statements agree.

use crate::{
    SymOp,
    cif::value::Value,
    parse_error::shorten,
    space_group::{self, Setting},
};

/// One statement of the symmetry of a block.
pub(super) enum Statement<'a> {
    Operations(Vec<SymOp>, usize),
    Hall(Vec<SymOp>, Value<'a>),
    Group(u8, Vec<Setting>, Value<'a>),
    /// The settings that a coordinate-system code means. Names and numbers whose settings it has chosen among agree with it.
    Code(Vec<Setting>, Value<'a>),
}

impl Statement<'_> {
    pub(super) fn offset(&self) -> usize {
        match self {
            Self::Operations(_, offset) => *offset,
            Self::Hall(_, value) | Self::Group(_, _, value) | Self::Code(_, value) => value.offset(),
        }
    }

    /// Whether the operations that were taken are those of this statement.
    pub(super) fn agrees(&self, operations: &[SymOp]) -> bool {
        match self {
            Self::Operations(others, _) | Self::Hall(others, _) => {
                let digests = (space_group::digest(operations), space_group::digest(others));
                (digests.0.is_some() && digests.0 == digests.1)
                    || operations.iter().all(|o| others.contains(o)) && others.iter().all(|o| operations.contains(o))
                    || matches!(self, Self::Hall(..)) && space_group::same_type(operations, others)
            }
            Self::Group(number, settings, value) => {
                space_group::is_of_type(operations, *number)
                    && (value.bytes().first().is_some_and(u8::is_ascii_digit) || has_centering(operations, settings))
            }
            Self::Code(settings, _) => settings.iter().any(|setting| {
                space_group::operations(setting.hall).is_some_and(|own| space_group::same_axes(&own, operations))
            }),
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Operations(..) => "another list of operations".to_owned(),
            Self::Hall(_, value) => format!("the Hall symbol {}", shorten(value.bytes())),
            Self::Group(_, _, value) => format!("the space group {}", shorten(value.bytes())),
            Self::Code(_, value) => format!("the coordinate-system code {}", shorten(value.bytes())),
        }
    }

    pub(super) fn into_choices(self) -> Vec<Vec<SymOp>> {
        match self {
            Self::Operations(operations, _) | Self::Hall(operations, _) => vec![operations],
            Self::Group(_, settings, _) | Self::Code(settings, _) => {
                settings.iter().filter_map(|setting| space_group::operations(setting.hall)).collect()
            }
        }
    }
}

/// Whether the operations have the centering of one of the settings, or none, as in a primitive cell.
fn has_centering(operations: &[SymOp], settings: &[Setting]) -> bool {
    let translations = operations.iter().filter(|o| o.rotation() == SymOp::IDENTITY.rotation()).count();
    let expected = |setting: &Setting| match setting.centering() {
        Some('A' | 'B' | 'C' | 'I') => 2,
        Some('F') => 4,
        Some('R') => 3,
        _ => 1,
    };
    translations == 1 || settings.iter().any(|setting| expected(setting) == translations)
}
