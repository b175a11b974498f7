//! gantry gives every checkout its own ports.
#![allow(dead_code)]
mod compose;
mod context;
mod model;
mod shell;
mod sys;
mod yaml;

fn main() {}
