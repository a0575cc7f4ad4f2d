//! Against the reference server of optimade-python-tools: its recorded answers, and the server itself where it runs.

use std::{collections::HashMap, fs, time::Duration};

use s2s_data::{
    Record,
    download::{HttpClient, HttpOptions, OptimadeQuery, PagedDownload, PagedDownloadError},
    source::OptimadeNames,
};
use serde_json::Value;

use super::{
    client,
    loopback::{Asked, Reply, Server},
    offline, scratch,
};

/// A server that gives the recorded answers; `change` may spoil them.
fn recorded(change: impl Fn(&Asked, usize, Reply) -> Reply + Send + Sync + 'static) -> Server {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/optimade/recorded.json");
    let answers: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |answer: &Value, key: &str| answer[key].as_str().unwrap().to_owned();
    let answers: HashMap<String, (u64, String)> =
        answers.iter().map(|a| (text(a, "path"), (a["status"].as_u64().unwrap(), text(a, "body")))).collect();
    Server::new(move |asked, before| {
        let base = format!("http://{}", asked.header("host").unwrap());
        let reply = match answers.get(&asked.path) {
            Some((status, body)) => {
                let body = body.replace("{base}", &base).into_bytes();
                Reply { status: *status as u16, ..Reply::ok(body) }
            }
            None => Reply::status(404),
        };
        change(asked, before, reply)
    })
}

fn everything(base: &str) -> OptimadeQuery {
    OptimadeQuery {
        page_limit: 5,
        fields: vec!["_exmpl_chemsys".into()],
        ..OptimadeQuery::everything(base, OptimadeNames { id_prefix: "exmpl-", energy_above_hull: None })
    }
}

fn paged_download(query: &OptimadeQuery, folder: &std::path::Path) -> Result<PagedDownload, PagedDownloadError> {
    PagedDownload::complete(&client(), query, folder, Duration::ZERO, &mut |_| {})
}

/// The records of an answer, and what is wrong with the other entries.
fn records(paged_download: &PagedDownload, query: &OptimadeQuery) -> (Vec<Record>, Vec<String>) {
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    for entry in paged_download.records(query) {
        match entry.unwrap() {
            Ok(record) => records.push(record),
            Err(error) => errors.push(error.to_string()),
        }
    }
    (records, errors)
}

/// What must be true of the reference server, recorded or running.
fn check(base: &str, name: &str) {
    let query = everything(base);
    let mut steps = Vec::new();
    let folder = scratch(name).join("everything");
    let whole =
        PagedDownload::complete(&client(), &query, &folder, Duration::ZERO, &mut |p| steps.push((p.done, p.total)));
    let whole = whole.unwrap();
    assert_eq!(steps, [5, 10, 15, 17].map(|done| (done, Some(17))));
    assert_eq!((whole.num_pages(), whole.num_entries()), (4, 17));
    // One of the server's examples has a cell that no crystal has.
    let (records, errors) = records(&whole, &query);
    let flat = "entry 2 (exmpl-mpf_632): line 1, column 140 (block mpf_632): the cell is 3.726e-3 Å thick, below the limit of 0.2 Å";
    assert_eq!((records.len(), errors), (16, vec![flat.to_owned()]));
    assert_eq!(records.iter().map(|record| record.crystal.num_sites()).sum::<usize>(), 301);
    let first = &records[0];
    assert_eq!((first.id.as_str(), &*first.formula), ("exmpl-mpf_1", "Ac"));
    assert_eq!(first.extra["_exmpl_chemsys"], "Ac");
    assert!(records.iter().all(|record| record.label.is_none() && record.crystal.is_ordered()));

    let filtered = OptimadeQuery { filter: Some("elements HAS ALL \"Ac\",\"Ag\"".into()), page_limit: 100, ..query };
    let found = paged_download(&filtered, &scratch(name).join("filtered")).unwrap();
    let (found, errors) = self::records(&found, &filtered);
    let found: Vec<&str> = found.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(found, ["exmpl-mpf_2", "exmpl-mpf_3"]);

    let nonsense = OptimadeQuery { filter: Some("nonsense HAS".into()), ..filtered };
    let folder = scratch(name).join("nonsense");
    let message = paged_download(&nonsense, &folder).unwrap_err().to_string();
    assert!(message.contains(" answered 400: Unable to parse filter nonsense HAS."), "{message}");
    assert!(!folder.exists());
}

#[test]
fn the_reference_server_is_read_page_by_page() {
    check(&recorded(|_, _, reply| reply).url(""), "optimade-recorded");
}

#[test]
fn the_running_reference_server_is_read_page_by_page() {
    match std::env::var("S2S_OPTIMADE_SERVER") {
        Ok(base) => check(&base, "optimade-running"),
        Err(_) => println!("skipped: the_running_reference_server_is_read_page_by_page needs S2S_OPTIMADE_SERVER"),
    }
}

#[test]
fn an_interrupted_answer_is_taken_up_behind_the_last_whole_page() {
    let server = recorded(|_, before, reply| if (2..5).contains(&before) { reply.cut_after(1000) } else { reply });
    let (query, folder) = (everything(&server.url("")), scratch("optimade-resumed").join("all"));
    let message = paged_download(&query, &folder).unwrap_err().to_string();
    assert!(message.contains(" broke off after 1000 of "), "{message}");
    assert!(!folder.exists());
    let whole = paged_download(&query, &folder).unwrap();
    assert_eq!((whole.num_entries(), server.asked().len()), (17, 2 + 3 + 2));
    // What is there is read again without asking, with or without a network.
    let again = PagedDownload::complete(&offline(), &query, &folder, Duration::ZERO, &mut |_| {}).unwrap();
    assert_eq!(again.pages(), whole.pages());
    assert_eq!(server.asked().len(), 7);
    let names = |folder: &std::path::Path| fs::read_dir(folder).unwrap().count();
    assert_eq!((names(folder.parent().unwrap()), names(&folder)), (1, 5));
}

/// A server whose page `k` of so many has one entry and links to the next; from `broken` on it is down.
fn pages(count: usize, broken: usize) -> Server {
    Server::new(move |asked, _| {
        let page: usize = asked.path.rsplit_once("page=").and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
        if page >= broken {
            return Reply::status(404);
        }
        let next = if page + 1 < count { format!("\"?page={}\"", page + 1) } else { "null".to_owned() };
        Reply::ok(format!(r#"{{"data": [{{"id": "x{page}"}}], "links": {{"next": {next}}}}}"#))
    })
}

#[test]
fn each_page_adds_one_line_and_a_line_that_was_cut_off_is_asked_for_again() {
    let (server, folder) = (pages(400, 300), scratch("optimade-lines").join("all"));
    let query = OptimadeQuery::everything(server.url(""), OptimadeNames::as_written());
    assert!(paged_download(&query, &folder).unwrap_err().to_string().contains("404"));
    let part = folder.with_file_name(".all.part");
    let lines = part.join("harvest.jsonl");
    let text = fs::read_to_string(&lines).unwrap();
    assert_eq!((text.lines().count(), part.join("harvest.json").exists()), (1 + 300, false));
    // What is known of an answer grows by what is known of a page: the last line is as long as the first.
    let length = |line: Option<&str>| line.map_or(0, str::len);
    assert!(length(text.lines().last()) < length(text.lines().nth(1)) + 20);

    // Killed in the middle of a line.
    fs::write(&lines, &text[..text.len() - 7]).unwrap();
    let before = server.asked().len();
    assert!(paged_download(&query, &folder).is_err());
    assert_eq!(server.asked()[before].path, "/v1/structures?page=299");
    assert_eq!(fs::read_to_string(&lines).unwrap(), text);
    // Somebody else is at it.
    let other = fs::File::open(&lines).unwrap();
    other.lock().unwrap();
    assert!(paged_download(&query, &folder).unwrap_err().to_string().starts_with("another process is writing "));
}

#[test]
fn what_an_earlier_version_began_is_gone_on_with() {
    let (server, folder) = (pages(5, 3), scratch("optimade-earlier").join("all"));
    let query = OptimadeQuery::everything(server.url(""), OptimadeNames::as_written());
    assert!(paged_download(&query, &folder).is_err());
    let part = folder.with_file_name(".all.part");
    let lines: Vec<Value> = fs::read_to_string(part.join("harvest.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let state = serde_json::json!({
        "question": lines[0]["question"],
        "entries": 3,
        "pages": lines[1..].iter().map(|line| line["page"].clone()).collect::<Vec<_>>(),
        "next": lines[3]["next"],
        "asked": lines[1..].iter().map(|line| line["page"]["source"].clone()).collect::<Vec<_>>(),
    });
    fs::remove_file(part.join("harvest.jsonl")).unwrap();
    fs::write(part.join("harvest.json"), state.to_string()).unwrap();
    let before = server.asked().len();
    assert!(paged_download(&query, &folder).is_err());
    assert_eq!(server.asked()[before].path, "/v1/structures?page=3");
    // The complete answer of an earlier version is read too.
    let whole = scratch("optimade-earlier-whole").join("all");
    fs::create_dir(&whole).unwrap();
    for entry in fs::read_dir(&part).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(entry.path(), whole.join(entry.file_name())).unwrap();
    }
    assert_eq!(paged_download(&query, &whole).unwrap().num_pages(), 3);
}

#[test]
fn all_pages_together_have_to_come_in_time() {
    let (server, folder) = (pages(50, 50), scratch("optimade-slow").join("all"));
    let query = OptimadeQuery::everything(server.url(""), OptimadeNames::as_written());
    let hasty = HttpOptions { max_answer_time: Duration::from_millis(100), ..client().options().clone() };
    let hasty = HttpClient::new(hasty).unwrap();
    let pause = Duration::from_millis(30);
    let message = PagedDownload::complete(&hasty, &query, &folder, pause, &mut |_| {}).unwrap_err().to_string();
    assert!(message.ends_with(" did not send everything within 100ms"), "{message}");
    let asked = server.asked().len();
    assert!((1..50).contains(&asked), "{asked}");
    // The next run goes on behind them.
    let whole = paged_download(&query, &folder).unwrap();
    assert_eq!((whole.num_pages(), server.asked().len()), (50, 50));
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = recorded(|_, before, reply| if before % 2 == 0 { Reply::status(503) } else { reply });
    let query = everything(&server.url(""));
    assert_eq!(paged_download(&query, &scratch("optimade-busy").join("all")).unwrap().num_entries(), 17);
}

#[test]
fn offline_without_an_answer_is_an_error() {
    let (query, folder) = (everything("http://127.0.0.1:1"), scratch("optimade-offline").join("all"));
    let error = PagedDownload::complete(&offline(), &query, &folder, Duration::ZERO, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("offline, and "), "{error}");
}

/// The error of a server that answers every page with this.
fn error_of(name: &str, page: &'static str) -> String {
    let server = Server::new(move |asked, _| {
        Reply::ok(page.replace("{base}", &format!("http://{}", asked.header("host").unwrap())))
    });
    let base = server.url("");
    let folder = scratch(name).join("all");
    let error = paged_download(&OptimadeQuery::everything(&*base, OptimadeNames::as_written()), &folder).unwrap_err();
    assert!(!folder.exists());
    error.to_string().replace(&base, "")
}

#[test]
fn answers_that_never_end_or_end_too_early_are_errors() {
    let circle =
        r#"{"data": [{}], "links": {"next": "{base}/v1/structures?page=2"}, "meta": {"more_data_available": true}}"#;
    assert_eq!(error_of("optimade-circle", circle), "/v1/structures?page=2 was linked as the next page twice");
    let lost = r#"{"data": [{}], "links": {"next": null}, "meta": {"more_data_available": true}}"#;
    assert!(error_of("optimade-lost", lost).ends_with(": there is more data, but no link to the next page"));
    let fewer = r#"{"data": [{}, {}], "meta": {"data_returned": 7, "more_data_available": false}}"#;
    assert!(error_of("optimade-fewer", fewer).ends_with(" gave 2 of 7 entries"));
    assert!(error_of("optimade-html", "<html>").ends_with(": expected value at line 1 column 1"));
    assert!(error_of("optimade-other", "{}").ends_with(": no `data`"));
    let refused = r#"{"errors": [{"title": "Maintenance", "detail": "back at noon"}]}"#;
    assert!(error_of("optimade-refused", refused).ends_with(": back at noon"));
}

#[test]
fn links_may_be_objects_or_relative() {
    let server = Server::new(|asked, _| {
        Reply::ok(match asked.path.contains("page=2") {
            true => r#"{"data": [], "links": {"next": {"href": null}}}"#,
            false => r#"{"data": [{}], "links": {"next": {"href": "?page=2", "meta": {}}}}"#,
        })
    });
    let query = OptimadeQuery::everything(server.url("/optimade/v1.2/"), OptimadeNames::as_written());
    let whole = paged_download(&query, &scratch("optimade-links").join("all")).unwrap();
    assert_eq!((whole.num_pages(), whole.num_entries()), (2, 1));
    assert_eq!(server.asked()[1].path, "/optimade/v1.2/structures?page=2");
    let error = whole.records(&query).next().unwrap().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "entry 1: no identifier");
}

#[test]
fn another_question_and_a_changed_page_are_refused() {
    let server = recorded(|_, _, reply| reply);
    let (query, folder) = (everything(&server.url("")), scratch("optimade-refused-folder").join("all"));
    paged_download(&query, &folder).unwrap();
    let other = OptimadeQuery { page_limit: 7, ..query.clone() };
    assert!(matches!(paged_download(&other, &folder), Err(PagedDownloadError::OtherQuestion { .. })));
    let page = folder.join("page-000002.json");
    fs::write(&page, fs::read_to_string(&page).unwrap().replacen('1', "2", 1)).unwrap();
    let message = format!("{} is not what was downloaded", page.display());
    assert_eq!(paged_download(&query, &folder).unwrap_err().to_string(), message);
}
