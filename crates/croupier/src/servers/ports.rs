//! Ports of 127.0.0.1: finding a free one, and saying who holds one that is not.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use super::{config::Port, error::ServersError};

/// Checks a fixed port, or asks the system for a free one. Somebody else can still be faster between this and the
/// server's own bind; for a free port the caller simply tries again.
pub(crate) fn choose(wanted: Port) -> Result<u16, ServersError> {
    match wanted {
        Port::Fixed { port, set_by } => {
            if is_free(port) {
                Ok(port)
            } else {
                Err(ServersError::PortTaken {
                    port,
                    holder: holder_phrase(port),
                    set_by,
                })
            }
        }
        Port::Free => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map(|address| address.port())
            .map_err(ServersError::files(
                "binding a port on",
                Path::new("127.0.0.1"),
                "check that the loopback interface is up",
            )),
    }
}

/// Whether a server could listen on this port of 127.0.0.1 now.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn holder_phrase(port: u16) -> String {
    holder(port).map_or_else(String::new, |holder| format!(" by {holder}"))
}

/// Who listens on this port, as `pid 12 (postgres)`. Only where `/proc` says so, and only for processes we may look at.
#[must_use]
pub fn holder(port: u16) -> Option<String> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let inodes = table.lines().filter_map(|line| listening_inode(line, port));
            inodes
                .map(|inode| format!("socket:[{inode}]"))
                .collect::<Vec<_>>()
        })
        .collect();
    if inodes.is_empty() {
        return None;
    }
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let name = process.file_name();
        let pid: u32 = name.to_str()?.parse().ok()?;
        let mut open = fs::read_dir(process.path().join("fd")).ok()?.flatten();
        let holds = open.any(|file| {
            fs::read_link(file.path()).is_ok_and(|to| inodes.iter().any(|inode| Path::new(inode) == to))
        });
        if !holds {
            return None;
        }
        let command = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        Some(format!("pid {pid} ({})", command.trim()))
    })
}

/// The socket's inode, when this line of `/proc/net/tcp` is a listener on the port.
fn listening_inode(line: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let local = fields.nth(1)?.rsplit(':').next()?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    (u16::from_str_radix(local, 16) == Ok(port) && state == LISTEN).then_some(inode)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_with_its_holder_and_the_variable() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = choose(Port::Fixed {
            port,
            set_by: "CROUPIER_POSTGRES_PORT",
        })
        .unwrap_err()
        .to_string();
        assert!(
            error.contains(&format!("port {port}")) && error.contains("CROUPIER_POSTGRES_PORT"),
            "{error}"
        );
        if Path::new("/proc/net/tcp").exists() {
            assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        }
        drop(listener);
        assert_eq!(choose(Port::Fixed { port, set_by: "X" }).unwrap(), port);
    }

    #[test]
    fn a_listener_is_read_from_the_kernel_table() {
        let line = "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1";
        assert_eq!(listening_inode(line, 0x1538), Some("4242"));
        assert_eq!(listening_inode(line, 0x1539), None);
        assert_eq!(listening_inode(&line.replace(" 0A ", " 01 "), 0x1538), None);
    }
}
