//! Queries for the structures of an OPTIMADE provider.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Page, Paged, url::with_query};
use crate::{
    Record,
    source::{EntryError, OptimadeNames},
};

/// A question to an OPTIMADE server for structures.
///
/// # Examples
///
/// ```
/// use s2s_data::{download::{OptimadeQuery, Paged}, source::OptimadeNames};
///
/// let query = OptimadeQuery {
///     filter: Some("elements HAS ALL \"Nb\",\"Sn\" AND nelements=2".into()),
///     ..OptimadeQuery::everything("https://oqmd.org/optimade", OptimadeNames::oqmd())
/// };
/// assert!(query.first().starts_with("https://oqmd.org/optimade/v1/structures?filter=elements%20HAS%20ALL"));
/// ```
///
/// # Source
///
/// OPTIMADE specification 1.2: API end points, pagination by `links.next`, JSON:API errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptimadeQuery {
    /// The base address of the provider, with or without its version.
    pub base: String,
    /// Which structures, in OPTIMADE's filter language; all if there is none.
    pub filter: Option<String>,
    /// How many entries a page should have; servers may give fewer.
    pub page_limit: u32,
    /// Fields beyond those that make up a crystal.
    pub fields: Vec<String>,
    /// The provider's names.
    pub names: OptimadeNames,
}

/// What makes up a crystal, and when it was changed.
const FIELDS: &str = "lattice_vectors,cartesian_site_positions,species_at_sites,species,dimension_types,nsites,\
                      structure_features,last_modified";

impl OptimadeQuery {
    /// All structures of a provider, a hundred on each page.
    pub fn everything(base: impl Into<String>, names: OptimadeNames) -> Self {
        Self { base: base.into(), filter: None, page_limit: 100, fields: Vec::new(), names }
    }
}

impl Paged for OptimadeQuery {
    fn first(&self) -> String {
        let base = self.base.trim_end_matches('/');
        let last = base.rsplit('/').next().unwrap_or_default();
        let versioned = last.strip_prefix('v').is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
        let structures = format!("{base}{}/structures", if versioned { "" } else { "/v1" });
        let mut fields = FIELDS.to_owned();
        for field in self.fields.iter().map(String::as_str).chain(self.names.energy_above_hull) {
            fields = fields + "," + field;
        }
        let (limit, filter) = (self.page_limit.to_string(), self.filter.as_deref());
        let filter = filter.map(|filter| ("filter", filter));
        let rest = [("page_limit", limit.as_str()), ("response_fields", &fields), ("response_format", "json")];
        with_query(&structures, filter.into_iter().chain(rest))
    }

    fn page(&self, body: &[u8], _seen: u64) -> Result<Page, String> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if let Some(error) = answer.errors.first() {
            return Err(error["detail"].as_str().or(error["title"].as_str()).unwrap_or("an error").to_owned());
        }
        let entries = answer.data.ok_or("no `data`")?.len() as u64;
        // A link is a text, or an object with a text.
        let next = match answer.links.next {
            Value::String(href) => Some(href),
            Value::Object(link) => link.get("href").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        match (answer.meta.more_data_available, &next) {
            (Some(true), None) => Err("there is more data, but no link to the next page".into()),
            // Some servers link a page behind the last one.
            (Some(false), _) => Ok(Page { entries, total: answer.meta.data_returned, next: None }),
            _ => Ok(Page { entries, total: answer.meta.data_returned, next }),
        }
    }

    fn records(&self, body: &[u8]) -> Vec<Result<Record, EntryError>> {
        self.names.read(body)
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    errors: Vec<Value>,
    #[serde(default)]
    links: Links,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Links {
    #[serde(default)]
    next: Value,
}

#[derive(Default, Deserialize)]
struct Meta {
    data_returned: Option<u64>,
    more_data_available: Option<bool>,
}
