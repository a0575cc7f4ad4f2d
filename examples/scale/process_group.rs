//! Groups of processes of this program on this machine.

use std::{
    env,
    error::Error,
    process::{Child, Command, Stdio},
};

/// What process 0 of a group says that is started with these arguments, one thread each; one alone is told of no group.
pub(crate) fn answer_of_group(size: usize, arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    drop(listener);
    let mut children: Vec<Child> = Vec::new();
    for rank in 0..size {
        let mut command = Command::new(env::current_exe()?);
        command.args(arguments).env("OMP_NUM_THREADS", "1");
        if size > 1 {
            command.env("RANK", rank.to_string()).env("WORLD_SIZE", size.to_string()).env("LOCAL_RANK", "0");
            command.env("MASTER_ADDR", "127.0.0.1").env("MASTER_PORT", port.to_string());
            command.env("GLOO_SOCKET_IFNAME", "lo");
        }
        command.stdout(if rank == 0 { Stdio::piped() } else { Stdio::null() });
        children.push(command.spawn()?);
    }
    let mut said = String::new();
    for (rank, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("process {rank} of {size} ended with {}", output.status).into());
        }
        said.push_str(&String::from_utf8(output.stdout)?);
    }
    Ok(said)
}
