//! Rows of a table of compositions: values separated by commas, semicolons or tabs, of one line each.

use s2s_data::table::{TableColumn, decimal_point, separator_of};

/// Most characters of a formula or identifier: both are printed.
const LONGEST: usize = 1000;

/// Titles of a column of identifiers, the first that a table has counts; `name` may be a title of the formulas instead.
const IDENTIFIERS: [&str; 5] = ["id", "material_id", "task_id", "entry_id", "name"];

/// Where a table has what is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    id: Option<usize>,
    formula: usize,
    separator: u8,
}

impl Columns {
    /// The columns `formula`, under any of its usual titles, and, if it is there, that of identifiers, in any case and order.
    pub(super) fn of_header(line: &str) -> Result<Self, String> {
        let line = line.trim_start_matches('\u{feff}');
        let separator = separator_of(line.as_bytes());
        let fields = fields(line, separator)?;
        let find = |name: &str| fields.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
        let formula = TableColumn::Formula.titles().iter().find_map(|title| find(title));
        let formula = formula.ok_or("its first line names no column `formula`")?;
        let id = IDENTIFIERS.iter().filter_map(|title| find(title)).find(|column| *column != formula);
        Ok(Self { id, formula, separator })
    }

    /// Identifier and formula of a row, of which the first may be missing.
    pub(super) fn of_row(self, line: &str) -> Result<(Option<String>, String), String> {
        let fields = fields(line, self.separator)?;
        let get = |column: usize| fields.get(column).map(|field| field.trim());
        let plural = if fields.len() == 1 { "" } else { "s" };
        let formula = get(self.formula).ok_or_else(|| format!("it has only {} field{plural}", fields.len()))?;
        let id = self.id.and_then(get).filter(|id| !id.is_empty());
        let is_long = id.into_iter().chain([formula]).any(|text| text.chars().nth(LONGEST).is_some());
        if is_long {
            return Err(format!("its formula or identifier has more than {LONGEST} characters"));
        }
        Ok((id.map(str::to_owned), decimal_point(formula, self.separator).into_owned()))
    }
}

/// The fields of a line (RFC 4180, without line breaks in fields: one unmatched quote must not join the rest of a file).
fn fields(line: &str, separator: u8) -> Result<Vec<String>, String> {
    let separator = char::from(separator);
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let mut field = String::new();
        let after = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(separator).unwrap_or(rest.len());
                field.push_str(&rest[..end]);
                &rest[end..]
            }
            Some(mut quoted) => loop {
                let end = quoted.find('"').ok_or("a quote is opened and not closed on its line")?;
                field.push_str(&quoted[..end]);
                quoted = &quoted[end + 1..];
                match quoted.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => break quoted,
                }
            },
        };
        fields.push(field);
        match after.strip_prefix(separator) {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(fields),
            None => return Err("text follows a closing quote".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_keep_separators_and_quotes() {
        let expected = ["a", "b, c", "say \"hi\"", "", ""].map(str::to_owned);
        assert_eq!(fields("a,\"b, c\",\"say \"\"hi\"\"\",\"\",", b',').as_deref(), Ok(expected.as_slice()));
        assert_eq!(fields("a;\"b;c\"", b';').as_deref(), Ok(["a", "b;c"].map(str::to_owned).as_slice()));
        assert!(fields("a,\"b", b',').is_err());
        assert!(fields("a,\"b\"c", b',').is_err());
    }

    #[test]
    fn header_may_have_any_order_case_and_separator() {
        let row = |id: &str, formula: &str| Ok((Some(id.to_owned()), formula.to_owned()));
        let columns = Columns::of_header("\u{feff}Tc,Formula,ID").expect("it names a formula");
        assert_eq!(columns.of_row("9.2,Nb,1"), row("1", "Nb"));
        assert_eq!(columns.of_row("9.2,\"Nb0,6\",1"), row("1", "Nb0,6"));
        for (header, line) in [("note;composition", "x;Ba0,6K0,4Fe2As2"), ("note\tName", "x\tBa0,6K0,4Fe2As2")] {
            let columns = Columns::of_header(header).expect("it names a formula");
            assert_eq!(columns.of_row(line), Ok((None, "Ba0.6K0.4Fe2As2".to_owned())), "{header}");
        }
        assert_eq!(Columns::of_header("id,note"), Err("its first line names no column `formula`".to_owned()));
        assert_eq!(columns.of_row("9.2"), Err("it has only 1 field".to_owned()));
        let long = |length: usize| columns.of_row(&format!("9.2,{},1", "N".repeat(length)));
        assert!(long(LONGEST).is_ok() && long(LONGEST + 1).is_err());
    }
}
