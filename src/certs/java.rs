//! Java's trust store, which each Java has for itself.

use std::path::PathBuf;

use crate::sys::{env, files, process};

/// The home of the Java that `java` or `keytool` is of, where `JAVA_HOME` does not say.
pub(super) fn home() -> Option<PathBuf> {
    if let Some(home) = env::path("JAVA_HOME") {
        return Some(home);
    }
    let program = process::find_program("keytool").or_else(|| process::find_program("java"))?;
    let program = files::canonicalize(&program).ok()?;
    Some(program.parent()?.parent()?.to_owned())
}
