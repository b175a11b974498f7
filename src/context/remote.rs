//! The remote that a checkout came from: which one, and its URL without anybody's password.

use std::fmt;
use std::io;
use std::path::Path;

use super::checkout::Checkout;
use crate::sys::files;

/// A remote's URL as the repository's configuration writes it, credentials removed; `url.<base>.insteadOf` is not
/// applied, since it says how one machine reaches the remote, not which remote it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RemoteUrl(Vec<u8>);

/// Whether `path` is still a checkout of `remote`, by whatever name it knows it; without a remote, whether it is
/// still a directory. In doubt it is: a context is not taken from a checkout that cannot be read at the moment.
pub fn is_checkout_of(path: &Path, remote: Option<&str>) -> bool {
    let path = match files::canonicalize(path) {
        Ok(path) => path,
        Err(error) => return !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    };
    let Some(remote) = remote else { return files::is_dir(&path) };
    match Checkout::find(&path, &mut Vec::new()) {
        Ok(Some(checkout)) => checkout.remotes().iter().any(|(_, url)| url.to_string() == remote),
        Ok(None) => false,
        Err(_) => true,
    }
}

impl Checkout {
    /// The URL of `origin`, else of the branch's upstream remote, else of the only remote there is.
    pub(super) fn remote_url(&self, branch: Option<&[u8]>) -> Option<RemoteUrl> {
        let mut remotes = self.remotes();
        // `.`, the repository itself, is nobody's name for a remote, and so finds none.
        let upstream = branch.and_then(|branch| self.config.last(&[b"branch.", branch, b".remote"].concat()));
        let wanted = [Some(b"origin".as_slice()), upstream];
        let place = wanted.into_iter().flatten().find_map(|name| remotes.iter().position(|(other, _)| *other == name));
        match place {
            Some(place) => Some(remotes.swap_remove(place).1),
            None if remotes.len() == 1 => remotes.pop().map(|(_, url)| url),
            None => None,
        }
    }

    /// Every remote that has a URL: the first one, where it has several to push to.
    fn remotes(&self) -> Vec<(&[u8], RemoteUrl)> {
        let mut remotes: Vec<(&[u8], RemoteUrl)> = Vec::new();
        for (key, url) in self.config.entries() {
            let name = key.strip_prefix(b"remote.").and_then(|key| key.strip_suffix(b".url"));
            if let Some(name) = name.filter(|name| !url.is_empty() && remotes.iter().all(|(other, _)| other != name)) {
                remotes.push((name, RemoteUrl::without_credentials(url)));
            }
        }
        remotes
    }
}

impl RemoteUrl {
    /// `user:password@` goes whole. A lone user stays where it is an account to log in as (`git@`), and goes from
    /// http, where it is a token; so does what stands behind `?` or `#` there, since git asks for none and a token may
    /// be in it.
    fn without_credentials(url: &[u8]) -> RemoteUrl {
        let (start, user_end) = match find(url, b"://") {
            Some(scheme_end) => (scheme_end + 3, url_user_end(url, scheme_end)),
            None => (0, scp_user_end(url)),
        };
        let host_and_path = &url[user_end.unwrap_or(start)..];
        let end =
            if is_http(&url[..start]) { host_and_path.iter().position(|byte| b"?#".contains(byte)) } else { None };
        RemoteUrl([&url[..start], &host_and_path[..end.unwrap_or(host_and_path.len())]].concat())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The last component of the path, without `.git`; `None` where there is none.
    pub(super) fn repository_name(&self) -> Option<String> {
        let components = self.0.rsplit(|byte| matches!(byte, b'/' | b':'));
        let mut names = components.map(|name| name.strip_suffix(b".git").unwrap_or(name));
        let name = names.find(|name| !matches!(*name, b"" | b"." | b".."))?;
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Where the credentials of `scheme://user:password@host/path` end, the `@` included.
fn url_user_end(url: &[u8], scheme_end: usize) -> Option<usize> {
    let start = scheme_end + 3;
    let authority = url[start..].split(|&byte| byte == b'/').next()?;
    let end = authority.iter().rposition(|&byte| byte == b'@')?;
    (is_http(&url[..start]) || authority[..end].contains(&b':')).then_some(start + end + 1)
}

/// Whether `start` ends with http's or https's `://`; a remote helper may stand before it: `helper::https://…`.
fn is_http(start: &[u8]) -> bool {
    let scheme = start.strip_suffix(b"://").and_then(|start| start.rsplit(|&byte| byte == b':').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https"))
}

/// Where the credentials of `user:password@host:path` end. Git would take `user` for the host, but who writes this
/// means a password, and it shall not be stored.
fn scp_user_end(url: &[u8]) -> Option<usize> {
    let before_path = url.split(|&byte| byte == b'/').next()?;
    let end = before_path.iter().position(|&byte| byte == b'@')?;
    let has_password = before_path[..end].contains(&b':') && before_path[end..].contains(&b':');
    has_password.then_some(end + 1)
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_password_stays() {
        #[track_caller]
        fn check(url: &str, expected: &str) {
            assert_eq!(RemoteUrl::without_credentials(url.as_bytes()).to_string(), expected);
        }
        for url in [
            "git@github.com:test/repo.git",
            "ssh://git@host.test:2222/a/b.git",
            "host.test:a@b/c.git",
            "https://host.test/a/b@c.git",
            "https://host.test:8443/a.git",
            "git://host.test/a.git",
            "/srv/a:b@c:d.git",
            "../a.git",
            "file:///srv/a.git",
            "",
        ] {
            check(url, url);
        }
        check("https://user:secret@host.test/a.git", "https://host.test/a.git");
        check("https://user:@host.test/a.git", "https://host.test/a.git");
        check("https://token@host.test:8443/a.git", "https://host.test:8443/a.git");
        check("HTTP://token@host.test/a.git", "HTTP://host.test/a.git");
        check("https://user:p@ss#?w@host.test/a@b.git", "https://host.test/a@b.git");
        check("helper::https://token@host.test/a.git", "helper::https://host.test/a.git");
        check("https://host.test/a.git?private_token=token", "https://host.test/a.git");
        check("https://user:p@ss?w@host.test/a.git#token", "https://host.test/a.git");
        check("ssh://git@host.test/a#b.git", "ssh://git@host.test/a#b.git");
        check("ssh://git:secret@host.test/a.git", "ssh://host.test/a.git");
        check("git:secret@host.test:a.git", "host.test:a.git");
    }

    #[test]
    fn the_repository_is_called_by_its_last_component() {
        #[track_caller]
        fn check(url: &str, expected: Option<&str>) {
            assert_eq!(RemoteUrl(url.into()).repository_name().as_deref(), expected, "{url:?}");
        }
        check("git@github.com:test/repo.git", Some("repo"));
        check("git@github.com:repo", Some("repo"));
        check("https://host.test/a/my.app", Some("my.app"));
        check("https://host.test/a/app.git/", Some("app"));
        check("/srv/app/.git", Some("app"));
        check("../app", Some("app"));
        check("..", None);
        check("", None);
    }
}
