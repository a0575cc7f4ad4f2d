//! Coordinates of Wyckoff positions, such as `x,2x,1/4`, as International Tables write them.
//!
//! Each is a sum of terms: numbers, fractions, and parameters with an optional factor (`2x`, `-y1`), which need not be the axes x, y and z.

use super::error::ReferenceFault;

/// The three coordinates of a triplet, with parameters looked up by name.
pub(super) fn evaluate(triplet: &str, value: &dyn Fn(&str) -> Option<f64>) -> Result<[f64; 3], ReferenceFault> {
    let refuse = |reason| ReferenceFault::Triplet { triplet: triplet.to_owned(), reason };
    let parts: Vec<&str> = triplet.split(',').collect();
    let [x, y, z] = parts[..] else {
        return Err(refuse("it needs three parts with commas between them"));
    };
    let mut position = [0.0; 3];
    for (coordinate, part) in position.iter_mut().zip([x, y, z]) {
        let terms = terms(part).map_err(refuse)?;
        for Term { factor, parameter } in terms {
            *coordinate += match parameter {
                None => factor,
                Some(name) => {
                    factor * value(name).ok_or_else(|| ReferenceFault::MissingParameter { name: name.to_owned() })?
                }
            };
        }
    }
    Ok(position)
}

/// The names of the parameters of a triplet, in order of appearance, repeated where they repeat.
pub(super) fn parameters(triplet: &str) -> Result<Vec<&str>, ReferenceFault> {
    let refuse = |reason| ReferenceFault::Triplet { triplet: triplet.to_owned(), reason };
    let mut names = Vec::new();
    for part in triplet.split(',') {
        names.extend(terms(part).map_err(refuse)?.iter().filter_map(|term| term.parameter));
    }
    Ok(names)
}

/// One summand of a coordinate.
struct Term<'a> {
    factor: f64,
    parameter: Option<&'a str>,
}

fn terms(part: &str) -> Result<Vec<Term<'_>>, &'static str> {
    let mut rest = part.trim();
    let mut terms = Vec::new();
    while !rest.is_empty() || terms.is_empty() {
        let (sign, unsigned) = match rest.as_bytes().first() {
            Some(b'+') => (1.0, &rest[1..]),
            Some(b'-') => (-1.0, &rest[1..]),
            Some(_) if terms.is_empty() => (1.0, rest),
            Some(_) => return Err("terms are joined by + or -"),
            None => return Err("a part is empty"),
        };
        let (number, after_number) = split_while(unsigned, |c| c.is_ascii_digit() || c == '.' || c == '/');
        let (name, after_name) = if after_number.starts_with(|c: char| c.is_ascii_lowercase()) {
            split_while(after_number, |c| c.is_ascii_lowercase() || c.is_ascii_digit())
        } else {
            ("", after_number)
        };
        let factor = match (number, name) {
            ("", "") => return Err("a term is neither a number nor a parameter"),
            ("", _) => 1.0,
            _ => fraction(number).ok_or("a number is malformed")?,
        };
        terms.push(Term { factor: sign * factor, parameter: (!name.is_empty()).then_some(name) });
        rest = after_name.trim_start();
    }
    Ok(terms)
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

/// `0.25` or `1/4`.
fn fraction(number: &str) -> Option<f64> {
    let value = match number.split_once('/') {
        Some((numerator, denominator)) => numerator.parse::<f64>().ok()? / denominator.parse::<f64>().ok()?,
        None => number.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(triplet: &str) -> Result<[f64; 3], String> {
        let value = |name: &str| match name {
            "x" => Some(0.1),
            "y1" => Some(0.25),
            _ => None,
        };
        evaluate(triplet, &value).map_err(|e| e.to_string())
    }

    #[test]
    fn triplets_are_sums_of_numbers_fractions_and_parameters() {
        assert_eq!(at("1/4, 0.5 ,-x"), Ok([0.25, 0.5, -0.1]));
        assert_eq!(at("x,2x,-y1+1/2"), Ok([0.1, 0.2, 0.25]));
        assert_eq!(at("1/2-y1,y1-x,0"), Ok([0.25, 0.15, 0.0]));
    }

    #[test]
    fn malformed_triplets_say_why() {
        let refused = |triplet: &str, reason: &str| {
            assert_eq!(at(triplet), Err(format!("cannot read the triplet {triplet:?}: {reason}")));
        };
        refused("0,0", "it needs three parts with commas between them");
        refused("0,0,", "a part is empty");
        refused("0,0,+", "a term is neither a number nor a parameter");
        refused("0,0,1/0", "a number is malformed");
        refused("0,0,1..5", "a number is malformed");
        refused("0,0,x 2", "terms are joined by + or -");
        assert_eq!(at("0,0,z"), Err("the parameter \"z\" has no value".to_owned()));
    }
}
