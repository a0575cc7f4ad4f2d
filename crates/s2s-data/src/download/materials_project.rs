//! Queries for summary documents of the Materials Project's API.

use std::fmt;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Page, Paged, url::with_query};
use crate::{
    Record,
    source::{EntryError, MaterialsProjectRecords},
};

/// A query to the Materials Project's API, sent with the user's own key.
///
/// # Examples
///
/// ```
/// use s2s_data::download::{MaterialsProjectQuery, Paged};
///
/// let mut query = MaterialsProjectQuery::new("the key of your account");
/// query.filters.push(("chemsys".into(), "Nb-Sn".into()));
/// assert!(query.first().contains("/materials/summary/?deprecated=false&chemsys=Nb-Sn&"));
/// assert!(!query.first().contains("key") && !format!("{query:?}").contains("account"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MaterialsProjectQuery {
    /// The address of the API.
    pub base: String,
    /// Names and values of parameters that choose documents, as the API documents them: `elements`, `chemsys`, ….
    pub filters: Vec<(String, String)>,
    /// Fields of the documents that are wanted; `material_id` and `structure` make a record.
    pub fields: Vec<String>,
    /// How many documents a page has, at most a thousand.
    pub page_limit: u64,
    key: String,
}

impl MaterialsProjectQuery {
    /// The environment variable in which the Materials Project's own client looks for the key.
    pub const KEY: &str = "MP_API_KEY";

    /// All documents that are not deprecated, with what joins and models use.
    pub fn new(key: impl Into<String>) -> Self {
        let fields = [
            "material_id",
            "formula_pretty",
            "structure",
            "energy_above_hull",
            "formation_energy_per_atom",
            "band_gap",
            "is_stable",
            "theoretical",
            "deprecated",
            "last_updated",
        ];
        Self {
            base: "https://api.materialsproject.org".into(),
            filters: vec![("deprecated".into(), "false".into())],
            fields: fields.map(str::to_owned).to_vec(),
            page_limit: 1000,
            key: key.into(),
        }
    }

    /// The same with the key of [`KEY`](Self::KEY), if that is set.
    pub fn from_env() -> Option<Self> {
        std::env::var(Self::KEY).ok().filter(|key| !key.is_empty()).map(Self::new)
    }

    fn url(&self, skip: u64) -> String {
        let (limit, skip, fields) = (self.page_limit.to_string(), skip.to_string(), self.fields.join(","));
        // Without an order of its own, a database may give one document on two pages and another on none.
        let paging =
            [("_fields", fields.as_str()), ("_sort_fields", "material_id"), ("_limit", &limit), ("_skip", &skip)];
        let filters = self.filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        with_query(&format!("{}/materials/summary/", self.base.trim_end_matches('/')), filters.chain(paging))
    }
}

impl Paged for MaterialsProjectQuery {
    fn first(&self) -> String {
        self.url(0)
    }

    fn secret(&self) -> Option<(&'static str, &str)> {
        Some(("x-api-key", &self.key))
    }

    fn page(&self, body: &[u8], seen: u64) -> Result<Page, String> {
        let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let entries = answer.data.ok_or("no `data`")?.len() as u64;
        let total = answer.meta["total_doc"].as_u64().ok_or("no `total_doc`")?;
        let more = entries > 0 && seen + entries < total;
        Ok(Page { entries, total: Some(total), next: more.then(|| self.url(seen + entries)) })
    }

    fn records(&self, body: &[u8]) -> Vec<Result<Record, EntryError>> {
        MaterialsProjectRecords::new(body).collect()
    }
}

impl fmt::Debug for MaterialsProjectQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaterialsProjectQuery").field("url", &self.url(0)).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    meta: Value,
}
