//! What must not be linked into the static program.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fs;
use std::hint::black_box;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};

/// glibc's getaddrinfo reads `/etc/gai.conf`, so a program that has the one holds the other's name, stripped or not.
/// Backwards, since this program is looked at too.
const MARK: &[u8] = b"fnoc.iag/cte/";

#[test]
fn the_program_cannot_look_up_hosts() {
    let mut programs = vec![PathBuf::from(env!("CARGO_BIN_EXE_gantry"))];
    // As it is released, where `tests/run` has built it.
    programs.extend(std::env::var_os("GANTRY_RELEASE").map(PathBuf::from));
    for program in programs {
        assert!(!has_getaddrinfo(&program), "{} holds getaddrinfo", program.display());
    }
    // This one can.
    black_box(str::to_socket_addrs as fn(&str) -> _);
    assert!(has_getaddrinfo(&std::env::current_exe().unwrap()));
}

fn has_getaddrinfo(program: &Path) -> bool {
    let mark: Vec<u8> = MARK.iter().rev().copied().collect();
    fs::read(program).unwrap().windows(mark.len()).any(|window| window == mark)
}
