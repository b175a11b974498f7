//! Who trusts the CA, as each says itself: programs by a handshake, the others by what they list.

use std::path::{Path, PathBuf};
use std::thread;

use serde::Serialize;

use super::clients::{self, Answer};
use super::place::Place;
use super::profiles::databases;
use super::tls::Server;
use super::x509::Certificate;
use super::{CertsError, Pair, Trust, check_name, java, mkcert, nss};
use crate::sys::trees::Unfinished;

/// A store as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// `system`, `chromium`, `firefox PROFILE`, `java`, `node`, `python`, `requests`.
    pub name: String,
    pub state: Trust,
    /// Why, where there is more to say.
    pub detail: Option<String>,
    /// What would have it trust the CA.
    pub mend: Option<String>,
}

/// How every store stands, with the real programs asked at once. A certificate for the occasion
/// is issued by the CA in `root`; without one, only the stores that list what they hold can tell.
pub(super) fn survey(place: &Place, authority: &Certificate, root: Result<PathBuf, String>) -> Vec<StoreStatus> {
    let occasion = root.and_then(|root| Occasion::arrange(place, &root).map_err(|error| error.to_string()));
    let ask = |of: fn(&Server) -> Answer| match &occasion {
        Ok(occasion) => of(&occasion.server),
        Err(error) => (Trust::Unknown, error.clone()),
    };
    thread::scope(|scope| {
        let java = scope.spawn(|| java::trust(authority));
        let asked = [
            ("system", scope.spawn(move || ask(clients::system))),
            ("node", scope.spawn(move || ask(clients::node))),
            ("python", scope.spawn(move || ask(clients::python))),
            ("requests", scope.spawn(move || ask(clients::requests))),
        ];
        let databases = databases().into_iter().map(|it| (it.label.clone(), nss::trust(&it, authority)));
        let mut rows: Vec<(String, Answer)> = databases.collect();
        let lost = (Trust::Unknown, "it could not be asked".to_owned());
        let mut asked = asked.into_iter().map(|(name, it)| (name.to_owned(), it.join().unwrap_or(lost.clone())));
        rows.splice(0..0, asked.next());
        rows.push(("java".to_owned(), java.join().unwrap_or(lost.clone())));
        rows.extend(asked);
        rows.into_iter().map(|(name, answer)| status(place, name, answer)).collect()
    })
}

fn status(place: &Place, name: String, (state, detail): Answer) -> StoreStatus {
    let mend = (state == Trust::NotTrusted).then(|| match name.as_str() {
        "node" => {
            let file = place.authority_file();
            format!("`gantry export --certs`, or NODE_EXTRA_CA_CERTS={}", file.display())
        }
        "requests" => "`gantry export --certs`, which exports REQUESTS_CA_BUNDLE".to_owned(),
        "python" if !detail.is_empty() => "`gantry export --certs`".to_owned(),
        "java" => "`gantry cert trust --stores java`".to_owned(),
        "system" | "python" => "`gantry cert trust --stores system`".to_owned(),
        _ => "`gantry cert trust --stores nss`".to_owned(),
    });
    StoreStatus { name, state, detail: Some(detail).filter(|detail| !detail.is_empty()), mend }
}

/// A server with a certificate that was issued for it alone; both are gone with this.
struct Occasion {
    server: Server,
    _directory: Unfinished,
}

impl Occasion {
    fn arrange(place: &Place, root: &Path) -> Result<Occasion, CertsError> {
        let directory = Unfinished::begin_in(&place.0).map_err(CertsError::system("make", &place.0))?;
        mkcert::issue(root, directory.path(), &[check_name().to_string(), "127.0.0.1".to_owned()])?;
        let server = Server::start(&Pair::in_directory(directory.path()))?;
        Ok(Occasion { server, _directory: directory })
    }
}
