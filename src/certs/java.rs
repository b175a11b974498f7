//! Java's trust store, which each Java has for itself.

use std::path::PathBuf;
use std::time::Duration;

use super::Trust;
use super::x509::Certificate;
use crate::sys::process::{self, Captured};
use crate::sys::{env, files};

/// A Java takes a second to start, and more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The home of the Java that `keytool` or `java` is of, where `JAVA_HOME` does not say.
pub(super) fn home() -> Option<PathBuf> {
    if let Some(home) = env::path("JAVA_HOME") {
        return Some(home);
    }
    let program = process::find_program("keytool").or_else(|| process::find_program("java"))?;
    let program = files::canonicalize(&program).ok()?;
    Some(program.parent()?.parent()?.to_owned())
}

/// The program that lists and changes its store.
pub(super) fn keytool() -> Option<PathBuf> {
    home().map(|home| home.join("bin/keytool")).filter(|path| files::is_file(path))
}

/// Whether the CA is in its store.
pub(super) fn trust(authority: &Certificate) -> (Trust, String) {
    let Some(keytool) = keytool() else { return (Trust::Absent, "no keytool".to_owned()) };
    // The password that every Java comes with.
    let args = ["-list", "-cacerts", "-storepass", "changeit"];
    match process::capture(&keytool, &args, PATIENCE) {
        Ok(Captured { is_success: true, stdout, .. }) => {
            let is_listed = String::from_utf8_lossy(&stdout).contains(&authority.fingerprint);
            (if is_listed { Trust::Trusted } else { Trust::NotTrusted }, String::new())
        }
        Ok(Captured { stdout, stderr, .. }) => {
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).trim().to_owned();
            (Trust::Unknown, said.lines().next().unwrap_or("keytool said nothing").to_owned())
        }
        Err(error) => (Trust::Unknown, format!("keytool: {error}")),
    }
}
