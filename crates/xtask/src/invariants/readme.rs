//! The figures of README, each against the committed file that it was taken from.
//!
//! `readme/figures.txt` says where each figure stands: an entry of lines that begin with `readme`, `file`, `text` and
//! `scale`, with a gap `{}` for each number of the two texts:
//!
//! ```text
//! readme above another material in {} of 100 pairs
//! file   crates/s2s-predict/models/measured/config.json
//! text   "roc_auc": {}
//! scale  100
//! ```
//!
//! The number of the file, times the scale, has to be that of README when it is rounded as there. Both texts are compared
//! with single spaces for line ends. Numbers that no file has, such as settings and published ones, have one line
//! `given` with the reason in place of the last three. A number in the checked parts of README that no entry has is
//! an error, and so is an entry whose text is gone.

use super::files::Files;

const ENTRIES: &str = include_str!("readme/figures.txt");

/// Parts of README whose every number is looked up: from one line to another.
const PARTS: [(&str, &str); 2] = [("**What not to believe**", "S2S implements"), ("## Results so far", "## libtorch")];

/// Rows of the table of models are compared by [`super::figures`].
const MODELS: &str = "| model |";

/// Where a figure stands.
#[derive(Debug, Default)]
struct Entry<'a> {
    readme: &'a str,
    file: Option<&'a str>,
    text: &'a str,
    scale: Option<&'a str>,
    given: Option<&'a str>,
}

/// Figures of README that are not those of their files, or of no file.
pub(super) fn figures(files: &Files) -> Vec<String> {
    of(files, ENTRIES)
}

fn of(files: &Files, entries: &str) -> Vec<String> {
    let Some(readme) = files.text("README.md") else { return vec!["there is no README.md".to_owned()] };
    let text = checked(readme);
    let mut broken = Vec::new();
    let mut covered = vec![false; text.len()];
    for entry in parsed(entries) {
        match entry {
            Ok(entry) => broken.extend(entry.broken(&text, files, &mut covered)),
            Err(reason) => broken.push(format!("readme/figures.txt: {reason}")),
        }
    }
    let mut rest = 0;
    while let Some((start, end)) = next_number(&text, rest) {
        if !covered[start] {
            let [from, to] = [back(&text, start, 40), ahead(&text, end, 20)];
            broken.push(format!("no entry of readme/figures.txt has the number in `{}`", &text[from..to]));
        }
        rest = end;
    }
    broken
}

impl Entry<'_> {
    /// What is wrong with the figure; marks the numbers that it looks at.
    fn broken(&self, readme: &str, files: &Files, covered: &mut [bool]) -> Option<String> {
        let there = found(readme, self.readme);
        if there.is_empty() {
            return Some(format!("README.md does not say `{}`", self.readme));
        }
        for &(start, end) in there.iter().flatten() {
            covered[start..end].fill(true);
        }
        let file = self.file?;
        let Some(text) = files.text(file).map(single_spaced) else {
            return Some(format!("there is no {file}, from which README.md has `{}`", self.readme));
        };
        let scale: f64 = self.scale.map_or(Ok(1.0), str::parse).unwrap_or(f64::NAN);
        let source = found(&text, self.text);
        let Some(first) = source.first() else { return Some(format!("{file} does not say `{}`", self.text)) };
        let values = |ranges: &[(usize, usize)]| -> Vec<&str> { ranges.iter().map(|&(a, b)| &text[a..b]).collect() };
        if source.iter().any(|other| values(other) != values(first)) {
            return Some(format!("{file} says `{}` more than once, with different numbers", self.text));
        }
        for ranges in &there {
            let shown: Vec<&str> = ranges.iter().map(|&(a, b)| &readme[a..b]).collect();
            let same = shown.len() == first.len()
                && shown.iter().zip(values(first)).all(|(shown, value)| agree(shown, value, scale));
            if !same {
                return Some(format!("README.md says {shown:?} in `{}`, {file} {:?}", self.readme, values(first)));
            }
        }
        None
    }
}

/// Whether the number of a file, rounded as the one shown, is the one shown.
fn agree(shown: &str, value: &str, scale: f64) -> bool {
    let plain = |text: &str| text.replace(',', "").replace('−', "-");
    let decimals = shown.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let value: f64 = plain(value).parse().unwrap_or(f64::NAN);
    let shown: f64 = plain(shown).parse().unwrap_or(f64::NAN);
    // Half a unit of the last place: files may have been rounded to even.
    (value * scale - shown).abs() <= 0.5 * 10_f64.powi(-(decimals as i32)) * (1.0 + 1e-9)
}

/// The entries, or what is wrong with one.
fn parsed(entries: &str) -> impl Iterator<Item = Result<Entry<'_>, String>> {
    let says_something = |block: &&str| block.lines().any(|line| !line.starts_with('#'));
    entries.split("\n\n").map(str::trim).filter(says_something).map(|block| {
        let mut entry = Entry::default();
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(' ').ok_or_else(|| format!("`{line}` has no value"))?;
            let value = value.trim();
            match key {
                "readme" => entry.readme = value,
                "file" => entry.file = Some(value),
                "text" => entry.text = value,
                "scale" => entry.scale = Some(value),
                "given" => entry.given = Some(value),
                other => return Err(format!("`{other}` is no key")),
            }
        }
        let starts = |text: &str| !text.starts_with("{}") && text.contains("{}");
        let is_whole = starts(entry.readme) && (entry.file.is_some() && starts(entry.text)) != entry.given.is_some();
        if is_whole { Ok(entry) } else { Err(format!("an entry is not whole, or begins with its gap: `{block}`")) }
    })
}

/// The checked parts with single spaces, without code, the targets of links, and the rows of models.
fn checked(readme: &str) -> String {
    let mut text = String::new();
    for (from, to) in PARTS {
        let Some((_, part)) = readme.split_once(from) else { continue };
        let part = part.split(to).next().unwrap_or_default();
        let mut in_models = false;
        for line in part.lines() {
            in_models = line.starts_with(MODELS) || (in_models && line.starts_with('|'));
            if !in_models {
                // A box is a quotation.
                text += line.trim_start_matches("> ");
                text.push(' ');
            }
        }
        text.push('\n');
    }
    let mut plain = String::new();
    for (k, piece) in single_spaced(&text).split('`').enumerate() {
        // Every second piece is code.
        plain += if k % 2 == 0 { piece } else { "`…`" };
    }
    let mut pieces = plain.split("](");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        shown += "]";
        shown += piece.split_once(')').map_or(piece, |(_, rest)| rest);
    }
    shown
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the numbers are of each position at which a text with gaps occurs.
fn found(text: &str, template: &str) -> Vec<Vec<(usize, usize)>> {
    let mut pieces = template.split("{}");
    let first = pieces.next().unwrap_or_default();
    let pieces: Vec<&str> = pieces.collect();
    let fits = |(start, _): (usize, &str)| {
        let mut at = start + first.len();
        let mut numbers = Vec::new();
        for piece in &pieces {
            let end = at + length_of_number(&text[at..])?;
            numbers.push((at, end));
            at = end + text[end..].strip_prefix(piece).map(|_| piece.len())?;
        }
        Some(numbers)
    };
    text.match_indices(first).filter_map(fits).collect()
}

/// Bytes of the number that a text begins with: digits, separators of thousands and decimals, and a sign.
fn length_of_number(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['-', '−', '+']).unwrap_or(text);
    let sign = text.len() - digits.len();
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(digits.len());
    let length = digits[..end].trim_end_matches(['.', ',']).len();
    // An exponent, as JSON writes small numbers.
    let rest = &digits[length..];
    let exponent = rest.strip_prefix("e-").map_or(0, |e| 2 + e.find(|c: char| !c.is_ascii_digit()).unwrap_or(e.len()));
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(sign + length + exponent)
}

/// The next number from here on that is not part of a name, such as `S2S` or `MP-2018`.
fn next_number(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + text[at..].find(|c: char| c.is_ascii_digit())?;
        let end = start + length_of_number(&text[start..])?;
        let before = text[..start].trim_end_matches('-').chars().next_back();
        let after = text[end..].chars().next();
        let is_name = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() || c == '_');
        if !is_name(before) && !is_name(after) {
            return Some((start, end));
        }
        at = end;
    }
}

fn back(text: &str, at: usize, bytes: usize) -> usize {
    (0..=at.saturating_sub(bytes)).rev().find(|&k| text.is_char_boundary(k)).unwrap_or(0)
}

fn ahead(text: &str, at: usize, bytes: usize) -> usize {
    ((at + bytes).min(text.len())..=text.len()).find(|&k| text.is_char_boundary(k)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# S2S\n\n## Results so far\n\nIn 82 of 100\npairs, 90.4 % accuracy; MP-2018, `x 17`, [a](b/19.md).\n\n\
        | model | AUC |\n|---|---|\n| a | 99.9 |\n\nOf 2,848 rows.\n\n## libtorch\n\ntch 0.24\n";
    const ENTRIES: &str = "readme In {} of 100 pairs\nfile a.json\ntext \"roc_auc\": {}\nscale 100\n\n\
        readme pairs, {} % accuracy\nfile b.md\ntext | network | {} % |\n\n# said before\nreadme of {} pairs\ngiven a percentage\n\n\
        readme Of {} rows\nfile b.md\ntext rows: {}\n";

    fn found(readme: &str, entries: &str) -> Vec<String> {
        let json = "{\n  \"roc_auc\": 0.8218065724034677\n}";
        let table = "| network | 90.4 % | 96.0 % |\n\nrows:\n2848";
        of(&Files::fake(&[("README.md", readme), ("a.json", json), ("b.md", table)]), entries)
    }

    #[test]
    fn figures_of_their_files_are_fine() {
        assert_eq!(found(README, ENTRIES), Vec::<String>::new());
    }

    #[test]
    fn changed_figures_are_named() {
        for (from, to) in [("82", "83"), ("90.4", "90.5"), ("2,848", "2,849"), ("2,848", "2,8480")] {
            let broken = found(&README.replace(from, to), ENTRIES);
            assert!(broken.len() == 1 && broken[0].contains(to), "{from} → {to}: {broken:?}");
        }
    }

    #[test]
    fn new_numbers_and_missing_texts_are_named() {
        let broken = found(&README.replace("Of 2,848", "It took 5 s. Of 2,848"), ENTRIES);
        assert!(broken.len() == 1 && broken[0].contains("It took 5"), "{broken:?}");
        let broken = found(&README.replace("Of 2,848 rows", "Of rows"), ENTRIES);
        assert!(broken.len() == 1 && broken[0].contains("Of {} rows"), "{broken:?}");
        let broken = found(README, &ENTRIES.replace("b.md", "c.md"));
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert_eq!(found(README, &ENTRIES.replace("rows: {}", "columns: {}")).len(), 1);
        assert!(!found(README, &ENTRIES.replace("given a percentage", "")).is_empty());
    }

    #[test]
    fn rounding_is_that_of_the_readme() {
        assert!(agree("82.2", "0.8218", 100.0) && agree("−1.5", "-1.52", 1.0) && agree("2,848", "2848", 1.0));
        assert!(agree("0.05", "4.6e-2", 1.0));
        assert!(!agree("82.2", "0.8226", 100.0) && !agree("82", "0.829", 100.0) && !agree("1", "x", 1.0));
    }
}
