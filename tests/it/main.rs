//! The program from outside: real git, real shells, real direnv, a real container engine; one file a command.
//!
//! `tests/run` installs what these tests need and starts the engine; without it, the tests that need a missing
//! program fail and name it. None is skipped. They run in parallel: each has a [`sandbox::Sandbox`] of its own,
//! and whatever listens on a real port takes that port from [`ports::Block`]. What needs the machine's own names, ports
//! or trust stores runs in a [`world::World`].
#![allow(clippy::disallowed_methods, reason = "the doors that `sys` owns in the program are open to its tests")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(dead_code, reason = "a helper may be in use by a single command's tests, or by none for a while")]

mod authority;
mod book;
mod booked;
mod broken_compose;
mod broken_registry;
mod browser;
mod cert;
mod cert_export;
mod cert_nss;
mod cert_root;
mod cert_trust;
mod cert_verify;
mod completions;
mod compose_agreement;
mod config;
mod context;
mod daemons;
mod direnv;
mod discover;
mod dns;
mod doctor;
mod engine;
mod export;
mod get;
mod health;
mod hook;
mod hook_prompts;
mod hostile;
mod house;
mod init;
mod life;
mod lifecycle;
mod linked;
mod logs;
mod memo;
mod mishaps;
mod names;
mod podman;
mod ports;
mod projects;
mod proxy;
mod proxy_https;
mod proxy_ports;
mod proxy_trouble;
mod prune;
mod race;
mod register;
mod register_prompts;
mod release;
mod remains;
mod remap;
mod routes;
mod run;
mod running;
mod sandbox;
mod served;
mod shop;
mod speed;
mod status;
mod terminal;
mod trust;
mod unregister;
mod update;
mod watch;
mod which;
mod which_engine;
mod world;
mod yard;
