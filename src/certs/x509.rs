//! Certificates as they lie in files: what they say, and whether a key and a CA belong to them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Serialize, Serializer};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use super::CertsError;
use crate::sys::clock::{self, DAY};
use crate::sys::files;

/// Bytes of a file that is read as certificates.
const LIMIT: u64 = 4 * 1024 * 1024;

/// What a certificate says. Times are seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    pub subject: String,
    /// The subject's alternative names: DNS names, wildcards among them, and addresses.
    pub names: Vec<String>,
    pub issuer: String,
    #[serde(serialize_with = "as_rfc3339")]
    pub from: i64,
    #[serde(serialize_with = "as_rfc3339")]
    pub until: i64,
    /// In hexadecimal digits.
    pub serial: String,
    /// The same in decimal digits, as mkcert names what it installs.
    #[serde(skip)]
    pub serial_number: String,
    /// SHA-256, in hexadecimal digits by twos.
    pub fingerprint: String,
    #[serde(skip)]
    pub der: Vec<u8>,
}

impl Certificate {
    /// The first certificate of the file.
    ///
    /// # Errors
    /// [`CertsError::System`] where it cannot be read (`NotFound` among it), [`CertsError::Damaged`].
    pub fn load(path: &Path) -> Result<Certificate, CertsError> {
        let damaged = |detail: &str| CertsError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
        let pem = read(path)?;
        let der = CertificateDer::from_pem_slice(&pem).map_err(|_| damaged("holds no certificate"))?;
        Certificate::parse(&der).ok_or_else(|| damaged("holds a certificate that cannot be read"))
    }

    /// The certificate of these bytes (DER); `None` where they are none.
    pub fn parse(der: &[u8]) -> Option<Certificate> {
        let (_, parsed) = parse_x509_certificate(der).ok()?;
        Some(Certificate {
            subject: parsed.subject().to_string(),
            names: names(&parsed),
            issuer: parsed.issuer().to_string(),
            from: parsed.validity().not_before.timestamp(),
            until: parsed.validity().not_after.timestamp(),
            serial: parsed.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect(),
            serial_number: parsed.tbs_certificate.serial.to_string(),
            fingerprint: fingerprint(der),
            der: der.to_owned(),
        })
    }

    /// Whether the CA's key has signed it.
    pub fn is_signed_by(&self, authority: &Certificate) -> bool {
        let (Ok((_, own)), Ok((_, its))) = (parse_x509_certificate(&self.der), parse_x509_certificate(&authority.der))
        else {
            return false;
        };
        own.issuer() == its.subject() && own.verify_signature(Some(its.public_key())).is_ok()
    }

    /// Those of the names that it is not for. A wildcard has to be in it as it stands.
    pub fn lacking<'a>(&self, names: &'a [String]) -> Vec<&'a str> {
        let has = |name: &&String| !self.names.iter().any(|own| own.eq_ignore_ascii_case(name));
        names.iter().filter(has).map(String::as_str).collect()
    }

    /// Whole days from the moment to its end; negative after it.
    pub fn days_left(&self, now: i64) -> i64 {
        (self.until - now).div_euclid(DAY)
    }
}

/// The file's bytes.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, CertsError> {
    files::read_limited(path, LIMIT).map_err(CertsError::system("read", path))
}

/// Every certificate in the PEM text, as DER; what is between them, or cannot be read, is passed over.
pub fn all_in(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok)
}

/// Whether the key in the file is that of the certificate, and can sign.
///
/// # Errors
/// [`CertsError::System`], [`CertsError::Damaged`].
pub fn require_key(certificate: &Certificate, path: &Path) -> Result<CertifiedKey, CertsError> {
    let damaged = |detail: &str| CertsError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
    let pem = read(path)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| damaged("holds no private key"))?;
    let chain = vec![CertificateDer::from(certificate.der.clone())];
    CertifiedKey::from_der(chain, key, &ring::default_provider())
        .map_err(|_| damaged("is not the key of its certificate"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references over")]
fn as_rfc3339<S: Serializer>(moment: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clock::rfc3339(*moment))
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.iter().flat_map(|extension| &extension.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    };
    names.filter_map(text).collect()
}

fn fingerprint(der: &[u8]) -> String {
    let bytes: Vec<String> = sha256(der).iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// Eight hexadecimal digits that tell one text from another.
pub(super) fn short_digest(text: &[u8]) -> String {
    sha256(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    // The suite whose hash this is; rustls has no other door to it.
    let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().expect("a suite of TLS 1.3");
    suite.common.hash_provider.hash(bytes).as_ref().to_vec()
}
