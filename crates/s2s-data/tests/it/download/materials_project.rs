use std::{fs, time::Duration};

use s2s_data::download::{MaterialsProjectQuery, PagedDownload, PagedDownloadError};
use serde_json::{Value, json};

use super::{
    client,
    loopback::{Reply, Server},
    scratch,
};

/// The API, as far as it pages, with five documents for those who know the key.
fn api() -> Server {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/materials_project/summary.json");
    let whole: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    Server::new(move |asked, _| {
        if asked.header("x-api-key") != Some("my own key") {
            return Reply { body: br#"{"message": "Unauthorized"}"#.to_vec(), ..Reply::status(401) };
        }
        let number = |name: &str| {
            let (_, rest) = asked.path.split_once(name).unwrap();
            rest.split('&').next().unwrap().parse::<usize>().unwrap()
        };
        let documents = whole["data"].as_array().unwrap();
        let page: Vec<_> = documents.iter().skip(number("_skip=")).take(number("_limit=")).collect();
        Reply::ok(json!({"data": page, "meta": {"total_doc": documents.len()}}).to_string())
    })
}

fn query(server: &Server, key: &str) -> MaterialsProjectQuery {
    let mut query = MaterialsProjectQuery::new(key);
    (query.base, query.page_limit) = (server.url(""), 2);
    query
}

fn paged_download(
    query: &MaterialsProjectQuery,
    folder: &std::path::Path,
) -> Result<PagedDownload, PagedDownloadError> {
    PagedDownload::complete(&client(), query, folder, Duration::ZERO, &mut |_| {})
}

#[test]
fn documents_come_page_by_page_for_the_users_key() {
    let server = api();
    let (query, folder) = (query(&server, "my own key"), scratch("mp").join("summary"));
    let whole = paged_download(&query, &folder).unwrap();
    assert_eq!((whole.num_pages(), whole.num_entries()), (3, 5));
    let (records, errors): (Vec<_>, Vec<_>) = whole.records(&query).map(Result::unwrap).partition(Result::is_ok);
    let ids: Vec<String> = records.into_iter().map(|record| record.unwrap().id.to_string()).collect();
    assert_eq!(ids, ["mp-75", "mp-lxf", "mp-mixed", "mp-75b"]);
    let errors: Vec<String> = errors.into_iter().map(|error| error.unwrap_err().to_string()).collect();
    assert_eq!(errors, ["entry 2 (mp-gone): no structure"]);
    // The key is nowhere but in the requests.
    for file in fs::read_dir(&folder).unwrap() {
        assert!(!fs::read_to_string(file.unwrap().path()).unwrap().contains("my own key"));
    }
    assert!(!format!("{query:?}").contains("my own key"));
}

#[test]
fn a_wrong_key_is_refused_in_the_servers_words() {
    let server = api();
    let query = query(&server, "another key");
    let message = paged_download(&query, &scratch("mp-key").join("summary")).unwrap_err().to_string();
    assert!(message.ends_with(" answered 401: Unauthorized"), "{message}");
    assert!(!message.contains("another key"));
}

#[test]
fn the_key_is_not_sent_to_where_a_redirection_leads() {
    let elsewhere = Server::new(|_, _| Reply::ok(r#"{"data": [], "meta": {"total_doc": 0}}"#));
    let target = elsewhere.url("/anything");
    let server = Server::new(move |_, _| Reply::redirect(&*target));
    paged_download(&query(&server, "my own key"), &scratch("mp-redirect").join("summary")).unwrap();
    assert_eq!(server.asked()[0].header("x-api-key"), Some("my own key"));
    assert_eq!(elsewhere.asked()[0].header("x-api-key"), None);
}
