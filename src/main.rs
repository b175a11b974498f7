//! gantry gives every checkout its own ports.
#![allow(dead_code)]
mod allocator;
mod compose;
mod context;
mod listeners;
mod model;
mod registry;
mod shell;
mod sys;
mod yaml;

fn main() {}
