//! Names of variables.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::steering::steers;
use crate::model::{Port, ServiceName};

/// The longest name, in bytes. Linux refuses to start any program while one variable takes more than 128 KiB, so a
/// stranger's endless name would leave a shell that runs nothing.
const LONGEST: usize = 200;

/// A variable's name that is a valid identifier everywhere and steers neither the shell nor the loader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct VariableName(Cow<'static, str>);

/// Why a name may not go into a shell; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Not a letter or `_`, followed by letters, digits and `_`.
    NotAnIdentifier(String),
    /// The shell, the loader or a tool would act on it.
    Steers(String),
    /// More than 200 bytes.
    TooLong(String),
}

impl VariableName {
    /// The name that Compose labels everything with; gantry's own, so [`VariableName::new`] refuses it.
    pub const COMPOSE_PROJECT_NAME: VariableName = VariableName(Cow::Borrowed("COMPOSE_PROJECT_NAME"));
    /// The compose files, the override among them; gantry's own.
    pub const COMPOSE_FILE: VariableName = VariableName(Cow::Borrowed("COMPOSE_FILE"));
    /// What stands between those files; gantry's own.
    pub const COMPOSE_PATH_SEPARATOR: VariableName = VariableName(Cow::Borrowed("COMPOSE_PATH_SEPARATOR"));
    /// The user's own `COMPOSE_FILE`, while gantry's stands before it; gantry's own.
    pub const GANTRY_COMPOSE_FILE: VariableName = VariableName(Cow::Borrowed("GANTRY_COMPOSE_FILE"));
    /// The context's hash; gantry's own.
    pub const GANTRY_CONTEXT: VariableName = VariableName(Cow::Borrowed("GANTRY_CONTEXT"));
    /// What the hook must put back on leaving; never part of a context's variables.
    pub const GANTRY_HOOK: VariableName = VariableName(Cow::Borrowed("GANTRY_HOOK"));

    /// A name that gantry sets itself: it stands in the program.
    pub const fn known(name: &'static str) -> VariableName {
        VariableName(Cow::Borrowed(name))
    }

    /// A name from outside: the compose file, `gantry.yml`, the command line.
    ///
    /// # Errors
    /// It is no identifier, too long, or one that steers (`PATH`, `IFS`, `LD_*`, …).
    pub fn new(name: &str) -> Result<VariableName, NameError> {
        if !is_identifier(name) {
            Err(NameError::NotAnIdentifier(name.to_owned()))
        } else if name.len() > LONGEST {
            Err(NameError::TooLong(name.to_owned()))
        } else if steers(name) {
            Err(NameError::Steers(name.to_owned()))
        } else {
            Ok(VariableName(Cow::Owned(name.to_owned())))
        }
    }

    /// A name from outside, or one that gantry sets itself: what a hook may have set in an earlier prompt.
    pub(super) fn new_or_own(name: &str) -> Option<VariableName> {
        let own = [
            VariableName::COMPOSE_PROJECT_NAME,
            VariableName::COMPOSE_FILE,
            VariableName::COMPOSE_PATH_SEPARATOR,
            VariableName::GANTRY_COMPOSE_FILE,
            VariableName::GANTRY_CONTEXT,
        ];
        own.into_iter().find(|own| own.as_str() == name).or_else(|| VariableName::new(name).ok())
    }

    /// `<SERVICE>_PORT`, or `<SERVICE>_<container port>_PORT` where the service has several.
    ///
    /// Two services may get the same name; [`super::distinct_names`] tells them apart.
    pub fn for_service(service: &ServiceName, container_port: Option<Port>) -> VariableName {
        VariableName::made(service, "", container_port)
    }

    /// As [`VariableName::for_service`], with `mark` behind the service's name.
    pub(super) fn made(service: &ServiceName, mark: &str, container_port: Option<Port>) -> VariableName {
        let port = container_port.map(|port| format!("_{port}")).unwrap_or_default();
        let mut name: String = service.as_str().chars().map(upper_or_underscore).take(LONGEST / 2).collect();
        name.push_str(mark);
        name.push_str(&port);
        name.push_str("_PORT");
        // What ends in _PORT steers only in the loader's and direnv's families.
        if name.starts_with(|first: char| first.is_ascii_digit()) || steers(&name) {
            name.insert(0, '_');
        }
        VariableName(Cow::Owned(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A letter or `_`, then letters, digits and `_`, all ASCII: what every shell takes for a name.
fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn upper_or_underscore(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::NotAnIdentifier(name) => write!(
                f,
                "`{}` is not a variable's name: letters, digits and `_`, not starting with a digit",
                shown(name)
            ),
            NameError::Steers(name) => write!(f, "`{name}` is never set: the shell or a program would act on it"),
            NameError::TooLong(name) => {
                write!(f, "`{}` is too long for a variable's name: at most {LONGEST} characters", shown(name))
            }
        }
    }
}

impl std::error::Error for NameError {}

/// The name without its control characters, and no more of it than fits into a message.
fn shown(name: &str) -> String {
    const FITS: usize = 60;
    let start: String = name.chars().take(FITS).collect();
    let dots = if start.len() < name.len() { "…" } else { "" };
    format!("{}{dots}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_from_outside_are_identifiers() {
        #[track_caller]
        fn check(name: &str, message: Option<&str>) {
            assert_eq!(VariableName::new(name).err().map(|error| error.to_string()).as_deref(), message, "{name:?}");
        }
        for name in ["PG_PORT", "_X", "pgPort", "A1", &"A".repeat(LONGEST)] {
            check(name, None);
        }
        check("1A", Some("`1A` is not a variable's name: letters, digits and `_`, not starting with a digit"));
        for name in ["", "A-B", "A.B", "A B", "A=B", "A\n", "Ä", "A[$(touch pwned)]", "A;B", "A\0", "A+", "A%%"] {
            assert!(matches!(VariableName::new(name), Err(NameError::NotAnIdentifier(_))), "{name:?}");
        }
        check("PATH", Some("`PATH` is never set: the shell or a program would act on it"));
        let endless = "A".repeat(100_000);
        assert!(VariableName::new(&endless).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn services_give_names() {
        #[track_caller]
        fn check(service: &str, container_port: Option<u16>, expected: &str) {
            let name = VariableName::for_service(&ServiceName::new(service), container_port.and_then(Port::new));
            assert_eq!(name.as_str(), expected);
            assert_eq!(VariableName::new(expected), Ok(name));
        }
        check("postgres", None, "POSTGRES_PORT");
        check("web-app", None, "WEB_APP_PORT");
        check("my.svc", Some(8080), "MY_SVC_8080_PORT");
        check("9router", None, "_9ROUTER_PORT");
        check("", None, "_PORT");
        check("", Some(80), "_80_PORT");
        check("süß", None, "S___PORT");
        check("$(touch pwned)\n", None, "__TOUCH_PWNED___PORT");
        check("ld", None, "_LD_PORT");
        check("ld-preload", Some(1), "_LD_PRELOAD_1_PORT");
        check("direnv", None, "_DIRENV_PORT");
        check("git", None, "GIT_PORT");
        check(&"x".repeat(100_000), Some(65535), &format!("{}_65535_PORT", "X".repeat(LONGEST / 2)));
    }

    proptest! {
        #[test]
        fn any_service_gives_a_name(service in any::<String>(), container_port in any::<u16>()) {
            let name = VariableName::for_service(&ServiceName::new(service), Port::new(container_port));
            prop_assert!(name.as_str().ends_with("_PORT"));
            prop_assert_eq!(VariableName::new(name.as_str()), Ok(name));
        }
    }
}
