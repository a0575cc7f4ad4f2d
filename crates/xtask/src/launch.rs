//! Starts a program as several processes of one group on this machine.

use std::ffi::OsString;
use std::net::TcpListener;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, OrFail};

const USAGE: &str = "usage: cargo xtask launch -n PROCESSES -- COMMAND [ARGUMENTS]";

/// Runs a command as processes 0 to n − 1, told who they are by torchrun's variables.
///
/// When one of them fails the others, which cannot go on without it, are ended. The status is that of the first to fail.
pub(crate) fn launch(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let (count, program, rest) = parse(arguments)?;
    let listener = TcpListener::bind("127.0.0.1:0").or_fail(|| "find a free port".to_owned())?;
    let port = listener.local_addr().or_fail(|| "find a free port".to_owned())?.port();
    drop(listener);
    let threads = thread::available_parallelism().map_or(1, usize::from) / count;
    let mut children: Vec<Child> = Vec::with_capacity(count);
    for rank in 0..count {
        let mut command = Command::new(&program);
        command
            .args(&rest)
            .env("RANK", rank.to_string())
            .env("LOCAL_RANK", rank.to_string())
            .env("WORLD_SIZE", count.to_string())
            .env("LOCAL_WORLD_SIZE", count.to_string())
            .env("MASTER_ADDR", "127.0.0.1")
            .env("MASTER_PORT", port.to_string());
        // Processes on one machine share its CPUs, and talk over its loopback interface. What c10d would log comes
        // back as an error, and NCCL's waits end with one.
        for (name, value) in [
            ("OMP_NUM_THREADS", threads.max(1).to_string()),
            ("GLOO_SOCKET_IFNAME", "lo".to_owned()),
            ("TORCH_CPP_LOG_LEVEL", "FATAL".to_owned()),
            ("TORCH_NCCL_BLOCKING_WAIT", "1".to_owned()),
        ] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        match command.spawn().or_fail(|| format!("start {}", program.to_string_lossy())) {
            Ok(child) => children.push(child),
            Err(failure) => {
                end(&mut children);
                return Err(failure);
            }
        }
    }
    wait(children)
}

/// Waits for all, or for the first to fail.
fn wait(mut children: Vec<Child>) -> Result<ExitCode, Failure> {
    let mut done = vec![false; children.len()];
    while !done.iter().all(|done| *done) {
        for rank in 0..children.len() {
            let Some(status) = children[rank].try_wait().or_fail(|| format!("wait for process {rank}"))? else {
                continue;
            };
            done[rank] = true;
            if !status.success() {
                // Standard output is the program's.
                eprintln!("process {rank} of {} ended with {status}; the others are ended too", children.len());
                end(&mut children);
                let code = status.code().and_then(|code| u8::try_from(code).ok());
                return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(ExitCode::SUCCESS)
}

fn end(children: &mut [Child]) {
    for child in children {
        // One that has ended by itself needs no end.
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn parse(arguments: &[OsString]) -> Result<(usize, OsString, Vec<OsString>), Failure> {
    let wrong = |reason: &str| Failure::new(format!("{reason}\n\n{USAGE}"));
    let [flag, count, dashes, program, rest @ ..] = arguments else {
        return Err(wrong("`launch` needs a number of processes and a command"));
    };
    if flag != "-n" || dashes != "--" {
        return Err(wrong("`launch` needs a number of processes and a command"));
    }
    match count.to_str().and_then(|count| count.parse().ok()) {
        Some(count @ 1..=1024) => Ok((count, program.clone(), rest.to_vec())),
        _ => Err(wrong(&format!("{count:?} is not a number of processes"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_command_keeps_its_own_arguments() {
        let (count, program, rest) = parse(&words("-n 2 -- prog -n 3 -- x")).expect("it is well-formed");
        assert_eq!((count, program.to_str(), rest), (2, Some("prog"), words("-n 3 -- x")));
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        for (text, reason) in [
            ("-n 2 prog", "`launch` needs a number of processes and a command"),
            ("-n two -- prog", "\"two\" is not a number of processes"),
            ("-n 0 -- prog", "\"0\" is not a number of processes"),
        ] {
            let failure = parse(&words(text)).expect_err("it must be refused").to_string();
            assert_eq!(failure.lines().next(), Some(reason));
        }
    }

    #[test]
    fn every_process_is_told_who_it_is() {
        let script = r#"test "$WORLD_SIZE" = 3 && test "$RANK" -lt 3 && test -n "$MASTER_PORT" &&
            test "$TORCH_NCCL_BLOCKING_WAIT" = 1"#;
        let arguments = [words("-n 3 -- sh -c"), vec![script.into()]].concat();
        assert!(launch(&arguments).is_ok_and(|status| status == ExitCode::SUCCESS));
    }

    #[test]
    fn the_first_to_fail_ends_the_others() {
        let script = r#"test "$RANK" = 1 && exit 7; exec sleep 600"#;
        let arguments = [words("-n 2 -- sh -c"), vec![script.into()]].concat();
        assert!(launch(&arguments).is_ok_and(|status| status == ExitCode::from(7)));
    }
}
