//! Real ports for tests that bind them.
//!
//! Every sandbox has its own registry, so two of them may give out the same number. That harms nobody while nothing
//! listens. A test that listens, or asserts a number that a listener would change, takes a [`Block`] and keeps
//! gantry inside it: `gantry config --set-range SERVICE:START-END`, or the block's ports in the compose file.

use std::fs::{self, File};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::sandbox::await_true;

/// Above gantry's own ranges and below the kernel's ephemeral ports, which any program on the machine may get.
const FIRST: u16 = 20_000;
const BLOCKS: u16 = 600;
const SIZE: u16 = 20;

/// Twenty ports in a row that no other test has, in this run or in another on the same machine.
pub struct Block {
    pub start: u16,
    /// The last port.
    pub end: u16,
    lock: File,
}

impl Block {
    /// The first block that nobody has locked and nothing listens in.
    pub fn take() -> Block {
        let locks = locks();
        (0..BLOCKS).find_map(|number| Block::try_take(&locks, number)).expect("a free block of ports")
    }

    fn try_take(locks: &Path, number: u16) -> Option<Block> {
        let start = FIRST + number * SIZE;
        // The lock falls with the process that holds it; the file stays, so that nobody locks a deleted one.
        let lock = File::create(locks.join(start.to_string())).ok()?;
        lock.try_lock().ok()?;
        let block = Block { start, end: start + SIZE - 1, lock };
        (block.start..=block.end).all(is_free).then_some(block)
    }

    /// The block's port of this number, counted from 0.
    pub fn port(&self, number: u16) -> u16 {
        assert!(number < SIZE);
        self.start + number
    }

    /// As `gantry config --set-range` takes it.
    pub fn range_of(&self, service: &str) -> String {
        format!("{service}:{}-{}", self.start, self.end)
    }
}

/// The directory of the locks, one file a block.
fn locks() -> PathBuf {
    let locks = std::env::temp_dir().join("gantry-it-ports");
    fs::create_dir_all(&locks).unwrap();
    locks
}

/// Whether nothing listens on the port, on any address.
pub fn is_free(port: u16) -> bool {
    let ipv6 = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port));
    // The IPv6 socket takes IPv4 with it on most machines, so it goes before the other is tried.
    let free = ipv6.is_ok() || !has_ipv6();
    drop(ipv6);
    free && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// Listens on loopback, in the test's own process, until dropped.
pub fn listen(port: u16) -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap()
}

/// Another program that listens on loopback until dropped.
pub struct Foreign {
    child: Child,
    pub port: u16,
}

impl Foreign {
    pub fn listen(port: u16) -> Foreign {
        let child = Command::new("busybox")
            .args(["httpd", "-f", "-p", &format!("127.0.0.1:{port}"), "-h"])
            // It must serve some directory: this one holds nothing worth reading.
            .arg(locks())
            .stdin(Stdio::null())
            .spawn()
            .expect("busybox; `tests/run` installs it");
        let mut foreign = Foreign { child, port };
        await_true("busybox listens", || {
            assert_eq!(foreign.child.try_wait().unwrap(), None, "busybox ended");
            !is_free(port)
        });
        foreign
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn blocks_are_disjoint_and_free() {
    let (one, two) = (Block::take(), Block::take());
    assert!(one.end < two.start || two.end < one.start, "{} {}", one.start, two.start);
    let (here, there) = (listen(one.port(0)), Foreign::listen(one.port(1)));
    assert_eq!([0, 1, 2].map(|number| is_free(one.port(number))), [false, false, true]);
    drop((here, there));
    await_true("the ports are free again", || is_free(one.port(0)) && is_free(one.port(1)));
}
