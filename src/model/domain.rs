//! Names in the DNS, and the top-level domains that local names may lie under.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A whole DNS name in lower case, at least two labels of letters, digits and `-`: `api.feature-x.shop.test`. Nothing in
/// it means anything to a shell, a Caddyfile or dnsmasq.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DomainName(String);

/// A domain that nobody can own, so that a name under it is never somebody's site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tld {
    /// RFC 6761: for testing.
    #[default]
    #[serde(rename = "test")]
    Test,
    /// RFC 6761: resolves to this machine without any set-up, where the resolver or the program knows that.
    #[serde(rename = "localhost")]
    Localhost,
    /// Reserved by ICANN in 2024 for private use.
    #[serde(rename = "internal")]
    Internal,
    /// RFC 8375: for home networks.
    #[serde(rename = "home.arpa")]
    HomeArpa,
}

/// Why a text is no name, or no domain for local names; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainError(String);

/// The text as a DNS label, however long: lower case, every run of other characters one `-`; `None` where nothing is left.
pub fn dns_label(text: &str) -> Option<String> {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let folded: String = text.chars().map(kept).collect();
    let words: Vec<&str> = folded.split('-').filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

/// Bytes of a name and of a label (RFC 1035, section 2.3.4).
const NAME_LIMIT: usize = 253;
pub const LABEL_LIMIT: usize = 63;

impl DomainName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the first dot.
    pub fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The name that a certificate gives all names of one more label.
    pub fn wildcard(&self) -> String {
        format!("*.{}", self.0)
    }

    /// The name with a label before it.
    ///
    /// # Errors
    /// The label is none, or the name gets too long.
    pub fn child(&self, label: &str) -> Result<DomainName, DomainError> {
        format!("{label}.{}", self.0).parse()
    }
}

impl FromStr for DomainName {
    type Err = DomainError;

    /// RFC 1123, section 2.1, for each label; upper case is folded (RFC 4343) and a last dot goes away.
    fn from_str(text: &str) -> Result<DomainName, DomainError> {
        let refused = |why: &str| Err(DomainError(format!("`{}` is not a domain name: {why}", text.escape_debug())));
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() > NAME_LIMIT {
            return refused(&format!("it has {} characters, and {NAME_LIMIT} are the limit", name.len()));
        }
        if !name.contains('.') {
            return refused("it has no dot");
        }
        for label in name.split('.') {
            if label.is_empty() {
                return refused("a part between its dots is empty");
            }
            if label.len() > LABEL_LIMIT {
                return refused(&format!("`{label}` is longer than {LABEL_LIMIT} characters"));
            }
            if let Some(other) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
                return refused(&format!("it holds `{}`", other.escape_debug()));
            }
            if label.starts_with('-') || label.ends_with('-') {
                return refused(&format!("`{label}` starts or ends with `-`"));
            }
        }
        // WHATWG URL, section 3.5: such a host is read as an address, or refused.
        if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
            return refused("it ends in a number");
        }
        Ok(DomainName(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Tld {
    pub const ALL: [Tld; 4] = [Tld::Test, Tld::Localhost, Tld::Internal, Tld::HomeArpa];

    pub const fn as_str(self) -> &'static str {
        match self {
            Tld::Test => "test",
            Tld::Localhost => "localhost",
            Tld::Internal => "internal",
            Tld::HomeArpa => "home.arpa",
        }
    }
}

impl FromStr for Tld {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Tld, DomainError> {
        let text = text.trim_matches('.');
        Tld::ALL.into_iter().find(|tld| tld.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let known = Tld::ALL.map(|tld| format!("`{}`", tld.as_str())).join(", ");
            let why = match text {
                "local" => "names under it belong to multicast DNS (RFC 6762)",
                _ => "somebody else may own names under it",
            };
            DomainError(format!("`{}` cannot end local names: {why}; {known} can", text.escape_debug()))
        })
    }
}

impl fmt::Display for Tld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DomainError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let error = text.parse::<DomainName>().expect_err(text).to_string();
            assert!(error.ends_with(expected), "{error}");
        }
        check("shop", "it has no dot");
        check("", "it has no dot");
        check("shop..test", "a part between its dots is empty");
        check(".shop.test", "a part between its dots is empty");
        check("shop.test\nimport x", "it holds `\\n`");
        check("sh{op}.test", "it holds `{`");
        check("\"shop\".test", "it holds `\\\"`");
        check("*.shop.test", "it holds `*`");
        check("-shop.test", "`-shop` starts or ends with `-`");
        check("127.0.0.1", "it ends in a number");
        check(&format!("{}.test", "a".repeat(64)), "is longer than 63 characters");
        check(&format!("{}test", "a.".repeat(126)), "it has 256 characters, and 253 are the limit");
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        let name: DomainName = "Api.Shop.TEST.".parse().expect("a name");
        assert_eq!((name.as_str(), name.wildcard().as_str()), ("api.shop.test", "*.api.shop.test"));
        let parent: DomainName = "shop.test".parse().expect("a name");
        assert_eq!(parent.child("api"), Ok(name));
    }

    #[test]
    fn domains_that_nobody_owns() {
        assert!(Tld::ALL.into_iter().all(|tld| tld.to_string().parse() == Ok(tld)));
        assert_eq!(".TEST".parse(), Ok(Tld::Test));
        for refused in ["com", "local", "", "dev", "test com"] {
            assert!(refused.parse::<Tld>().is_err(), "{refused}");
        }
    }
}
