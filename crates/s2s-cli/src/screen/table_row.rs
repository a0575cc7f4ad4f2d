//! Rows of a table of compositions: comma-separated values of one line each.

/// Most characters of a formula or identifier: both are printed.
const LONGEST: usize = 1000;

/// Where a table has what is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    id: Option<usize>,
    formula: usize,
}

impl Columns {
    /// The columns `formula` and, if it is there, `id`, in any case and order.
    pub(super) fn of_header(line: &str) -> Result<Self, String> {
        let fields = fields(line.trim_start_matches('\u{feff}'))?;
        let find = |name: &str| fields.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
        let formula = find("formula").ok_or("its first line names no column `formula`")?;
        Ok(Self { id: find("id"), formula })
    }

    /// Identifier and formula of a row; without an identifier the formula is one.
    pub(super) fn of_row(self, fields: &[String]) -> Result<(String, String), String> {
        let get = |column: usize| fields.get(column).map(|field| field.trim().to_owned());
        let formula = get(self.formula).ok_or_else(|| format!("it has only {} fields", fields.len()))?;
        let id = self.id.and_then(get).filter(|id| !id.is_empty()).unwrap_or_else(|| formula.clone());
        let is_long = [&id, &formula].into_iter().any(|text| text.chars().nth(LONGEST).is_some());
        if is_long {
            return Err(format!("its formula or identifier has more than {LONGEST} characters"));
        }
        Ok((id, formula))
    }
}

/// The fields of a line (RFC 4180, without line breaks in fields: one unmatched quote must not join the rest of a file).
pub(super) fn fields(line: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let mut field = String::new();
        let after = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
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
        match after.strip_prefix(',') {
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
    fn quoted_fields_keep_commas_and_quotes() {
        let expected = ["a", "b, c", "say \"hi\"", "", ""].map(str::to_owned);
        assert_eq!(fields("a,\"b, c\",\"say \"\"hi\"\"\",\"\",").as_deref(), Ok(expected.as_slice()));
        assert!(fields("a,\"b").is_err());
        assert!(fields("a,\"b\"c").is_err());
    }

    #[test]
    fn header_may_have_any_order_and_case() {
        let columns = Columns::of_header("\u{feff}Tc,Formula,ID").expect("it names a formula");
        let row = fields("9.2,Nb,1").expect("it is a row");
        assert_eq!(columns.of_row(&row), Ok(("1".to_owned(), "Nb".to_owned())));
        assert_eq!(Columns::of_header("id,name"), Err("its first line names no column `formula`".to_owned()));
        assert!(columns.of_row(&["9.2".to_owned()]).is_err());
        let long = |length: usize| columns.of_row(&["9.2".to_owned(), "N".repeat(length), "1".to_owned()]);
        assert!(long(LONGEST).is_ok() && long(LONGEST + 1).is_err());
    }
}
