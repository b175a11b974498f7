//! Projects as text, and what is read from them.

mod entries;
mod files;

use std::path::Path;

use super::*;
use crate::model::Published;
use crate::sys;

/// A project's directory and the process environment it is read in.
struct Directory {
    root: tempfile::TempDir,
    env: Vec<(&'static str, &'static str)>,
}

impl Directory {
    fn new(files: &[(&str, &str)], env: &[(&'static str, &'static str)]) -> Directory {
        let root = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = root.path().join(name);
            sys::files::make_dir(path.parent().expect("below the root")).expect("made");
            sys::files::replace(&path, text.as_bytes(), 0o644).expect("written");
        }
        Directory { root, env: env.to_vec() }
    }

    fn load(&self) -> Result<Project, ComposeError> {
        let lookup =
            |name: &str| self.env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        load_project(self.root.path(), &lookup)
    }

    fn local(&self, path: &Path) -> String {
        path.strip_prefix(self.root.path()).unwrap_or(path).display().to_string()
    }

    /// One line a port: `service host->container/protocol variable kind file:line`.
    fn ports(&self) -> Vec<String> {
        match self.load() {
            Ok(project) => project.ports.iter().map(|port| self.line_of(port)).collect(),
            Err(error) => vec![self.error_line(&error)],
        }
    }

    fn line_of(&self, port: &PublishedPort) -> String {
        let host = match (&port.host_ip, port.published.preferred()) {
            (Some(ip), Some(port)) => format!("{ip}:{port}"),
            (Some(ip), None) => format!("{ip}:"),
            (None, Some(port)) => port.to_string(),
            (None, None) => "*".to_owned(),
        };
        let variable = match &port.published {
            Published::Variable { name, .. } => format!(" ${name}"),
            _ => String::new(),
        };
        let source = format!("{}:{}", self.local(&port.source.file), port.source.line);
        let (service, container, protocol) = (&port.service, port.container_port, port.protocol);
        format!("{service} {host}->{container}/{protocol}{variable} {source}")
    }

    fn error_line(&self, error: &ComposeError) -> String {
        let root = format!("{}/", self.root.path().display());
        let text = error.to_string();
        text.strip_prefix(&root).unwrap_or(&text).replace(&root, "[ROOT]/")
    }
}

#[track_caller]
fn check(files: &[(&str, &str)], env: &[(&'static str, &'static str)], expected: &[&str]) {
    assert_eq!(Directory::new(files, env).ports(), expected);
}
