//! Tables of separated values: what was measured on formulas, and structure files listed with their properties.

mod approximate_formula;
mod column;
mod field;
pub(crate) mod header;
mod lines;
pub(crate) mod rows;
mod structure_table;
mod supercon;
mod target_table;
mod tc_table;

pub use self::{
    approximate_formula::ApproximateFormula,
    column::TableColumn,
    field::decimal_point,
    header::TableError,
    rows::separator_of,
    structure_table::{StructureTable, StructureTableColumns, TableFault, TableFaultReason},
    supercon::{Measurement, RowFault, RowFaultReason, RowSource, SuperCon, SuperConColumns, SuperConRow},
    target_table::{
        MatchError, Matched, TargetColumns, TargetFault, TargetFaultReason, TargetRow, TargetTable, TargetValue,
    },
    tc_table::{TcRow, TcTable},
};
