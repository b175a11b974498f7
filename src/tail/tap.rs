//! One container's lines.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use crate::engine::Container;
use crate::logs::{Level, Levels, Line, Lines, Source};
use crate::model::steers_terminal;
use crate::sys::child::{Piped, Stream};

/// Nanoseconds in a second.
const SECOND: i128 = 1_000_000_000;

/// Lines that the engine says of itself, of which the last are kept.
const REMARKS: usize = 3;

/// A container that is listened to.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) id: String,
    pub(super) source: Arc<Source>,
    /// It ran when it was last looked at.
    pub(super) is_alive: bool,
    /// The engine does not tell what it has written.
    pub(super) is_lost: bool,
    has_complained: bool,
    child: Option<Piped>,
    /// Standard output, standard error.
    halves: [Half; 2],
    /// When the last line came, since the Unix epoch.
    second: Option<i128>,
    remarks: Vec<String>,
}

/// One of a container's streams.
#[derive(Debug, Default)]
struct Half {
    lines: Lines,
    levels: Levels,
    /// Lines that have come and are not told yet.
    queue: VecDeque<Line>,
    /// Lines of the last second.
    seen: usize,
    /// Lines that come once more.
    known: usize,
}

impl Tap {
    /// `all` are the containers that the label has to tell it from.
    pub(super) fn new(container: &Container, all: &[Container]) -> Tap {
        Tap {
            id: container.id.clone(),
            source: source_of(container, all),
            is_alive: super::is_alive(container),
            is_lost: false,
            has_complained: false,
            child: None,
            halves: Default::default(),
            second: None,
            remarks: Vec::new(),
        }
    }

    /// Takes the label that the container has beside these.
    pub(super) fn rename(&mut self, container: &Container, all: &[Container]) {
        self.source = source_of(container, all);
    }

    /// Starts listening.
    ///
    /// # Errors
    /// The engine's program cannot be started.
    pub(super) fn open(&mut self, program: &Path, options: &[String]) -> Result<()> {
        let options = options.iter().map(String::as_str);
        let arguments: Vec<&str> = ["logs", "--timestamps"].into_iter().chain(options).chain([&*self.id]).collect();
        let child = Piped::start(program, &arguments);
        self.child = Some(child.with_context(|| format!("{} cannot be run", program.display()))?);
        Ok(())
    }

    /// Listens on, from the last line that came; where none did, with `options`.
    ///
    /// # Errors
    /// As [`Tap::open`].
    pub(super) fn reopen(&mut self, program: &Path, options: &[String]) -> Result<()> {
        let mut arguments = vec!["--follow".to_owned()];
        match self.second {
            // To docker a line of the very moment is one since then, to podman it is not: they agree on whole seconds.
            Some(second) => arguments.extend(["--since".to_owned(), second.to_string()]),
            None => arguments.extend_from_slice(options),
        }
        for half in &mut self.halves {
            half.known = half.seen;
        }
        self.open(program, &arguments)
    }

    pub(super) fn child(&self) -> Option<&Piped> {
        self.child.as_ref()
    }

    /// Whether its next line is not known yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.child.is_some() && self.next_time().is_none()
    }

    /// When its next line came, as far as it is known.
    pub(super) fn next_time(&self) -> Option<i128> {
        self.halves.iter().filter_map(|half| half.queue.front().map(time_of)).min()
    }

    /// Takes its next line.
    pub(super) fn pop(&mut self) -> Option<(Line, Option<Level>)> {
        let halves = self.halves.iter_mut().filter(|half| !half.queue.is_empty());
        let half = halves.min_by_key(|half| half.queue.front().map(time_of))?;
        let line = half.queue.pop_front()?;
        let level = half.levels.level(&line);
        Some((line, level))
    }

    /// Takes what has come, without waiting; whether anything did. What it has said last is taken with its end.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn read(&mut self) -> Result<bool> {
        let Some(mut child) = self.child.take() else { return Ok(false) };
        let (mut is_new, source, mut lines) = (false, Arc::clone(&self.source), Vec::new());
        child.read(&mut |stream, bytes| {
            is_new = true;
            self.halves[stream as usize].lines.push(&source, bytes, &mut |line| lines.push((stream, line)));
        })?;
        if child.is_open() {
            self.child = Some(child);
        } else {
            for stream in [Stream::Stdout, Stream::Stderr] {
                self.halves[stream as usize].lines.finish(&source, &mut |line| lines.push((stream, line)));
            }
            self.is_lost = !child.finish()?.is_success();
        }
        for (stream, line) in lines {
            self.take(stream, line);
        }
        Ok(is_new)
    }

    /// What the engine said instead of the container's lines, once.
    pub(super) fn complaint(&mut self) -> Option<String> {
        if !self.is_lost || std::mem::replace(&mut self.has_complained, true) {
            return None;
        }
        let said = if self.remarks.is_empty() { "it does not say why".to_owned() } else { self.remarks.join("; ") };
        Some(format!("the engine does not tell what {} has written: {said}", self.source.label))
    }

    fn take(&mut self, stream: Stream, line: Line) {
        let Some(stamp) = &line.stamp else {
            self.remarks.push(String::from_utf8_lossy(line.content()).into_owned());
            if self.remarks.len() > REMARKS {
                self.remarks.remove(0);
            }
            return;
        };
        let half = &mut self.halves[stream as usize];
        if half.known > 0 {
            half.known -= 1;
            return;
        }
        let second = stamp.nanoseconds.div_euclid(SECOND);
        half.queue.push_back(line);
        if self.second.is_none_or(|last| second > last) {
            self.second = Some(second);
            self.halves.iter_mut().for_each(|half| half.seen = 0);
        }
        if self.second == Some(second) {
            self.halves[stream as usize].seen += 1;
        }
    }
}

/// The service, with the container's number where it has several.
fn source_of(container: &Container, all: &[Container]) -> Arc<Source> {
    let is_alone = all.iter().filter(|it| it.service == container.service).count() < 2;
    let label =
        if is_alone { container.service.clone() } else { format!("{}-{}", container.service, container.number) };
    let label = label.chars().filter(|c| !steers_terminal(*c)).collect();
    Arc::new(Source { label, container: container.name.clone(), service: container.service.clone() })
}

fn time_of(line: &Line) -> i128 {
    line.stamp.as_ref().map_or(i128::MIN, |stamp| stamp.nanoseconds)
}
