//! Handshakes: a server that shows a certificate, and a client that tells which one a server shows.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme, StreamOwned,
};

use super::x509::Certificate;
use super::{CertsError, Pair};
use crate::model::DomainName;
use crate::sys::clock;

/// For each step of a handshake with somebody on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

/// A server on a loopback port of its own, for as long as this lives.
#[derive(Debug)]
pub(super) struct Server {
    pub address: SocketAddr,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the certificate.
    ///
    /// # Errors
    /// The pair is unreadable; there is no port.
    pub(super) fn start(pair: &Pair) -> Result<Server, CertsError> {
        let config = Arc::new(server_config(pair)?);
        let (listener, address) = listen().map_err(CertsError::system("listen for", &pair.certificate))?;
        let is_over = Arc::new(AtomicBool::new(false));
        let is_ending = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_ending.load(Ordering::SeqCst) {
                    break;
                }
                let config = Arc::clone(&config);
                thread::spawn(move || answer(stream, config));
            }
        });
        Ok(Server { address, is_over, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for somebody to come.
        let is_awake = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| is_awake) {
            let _ = thread.join();
        }
    }
}

fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn server_config(pair: &Pair) -> Result<ServerConfig, CertsError> {
    let damaged = |detail: String| CertsError::Damaged { path: pair.certificate.clone(), detail };
    let certificate = Certificate::load(&pair.certificate)?;
    let chain = vec![CertificateDer::from(certificate.der)];
    let key = super::x509::read(&pair.key)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|error| damaged(error.to_string()))?;
    ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| damaged(error.to_string()))
}

/// One who only shakes hands is gone before the answer: nobody's concern.
fn answer(stream: TcpStream, config: Arc<ServerConfig>) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    if limit(&stream).is_err() {
        return;
    }
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = [0; 4096];
    if stream.read(&mut request).is_ok_and(|count| count > 0) {
        let _ = stream.write_all(ANSWER);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

fn limit(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What a server showed.
#[derive(Clone, Debug)]
pub struct Shown {
    pub certificate: Option<Certificate>,
    /// Why a client that trusts the CA alone would not take it.
    pub problem: Option<String>,
}

/// Shakes hands with the server under the name, and judges what it shows by the CA.
///
/// # Errors
/// [`CertsError::NobodyListens`], [`CertsError::NoHandshake`].
pub(super) fn look_at(address: SocketAddr, name: &DomainName, authority: &Certificate) -> Result<Shown, CertsError> {
    let silent = |error: io::Error| CertsError::NobodyListens { address, detail: error.to_string() };
    let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(silent)?;
    limit(&stream).map_err(silent)?;
    let failed = |detail: String| CertsError::NoHandshake { address, detail };
    let recorder = Arc::new(Recorder::new(authority).map_err(|error| failed(error.to_string()))?);
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Recorder>::clone(&recorder))
        .with_no_client_auth();
    let server = ServerName::try_from(name.as_str().to_owned()).map_err(|error| failed(error.to_string()))?;
    let mut connection = ClientConnection::new(Arc::new(config), server).map_err(|error| failed(error.to_string()))?;
    let mut stream = stream;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|error| failed(said(&error)))?;
    }
    let seen = recorder.seen.lock().map_or(None, |seen| seen.clone());
    let mut shown = seen.ok_or_else(|| failed("it shows no certificate".to_owned()))?;
    // Who verifies takes an anchor as it is, browsers look at its dates.
    if shown.problem.is_none() && authority.until < clock::now() {
        shown.problem = Some(format!("its CA expired on {}", clock::rfc3339(authority.until)));
    }
    Ok(shown)
}

/// In words of what happened.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "it hangs up".to_owned(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it says nothing for 5 seconds".to_owned(),
        _ => error.to_string(),
    }
}

/// Takes every certificate, and notes what a client that trusts the CA alone would have said.
struct Recorder {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Shown>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    fn new(authority: &Certificate) -> Result<Recorder, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(authority.der.clone()))?;
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Recorder { inner, seen: Mutex::new(None) })
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let certificate = Certificate::parse(end_entity);
        let problem = verdict.err().map(|error| problem(&error, certificate.as_ref(), server_name));
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(Shown { certificate, problem });
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn problem(error: &Error, certificate: Option<&Certificate>, name: &ServerName<'_>) -> String {
    let moment = |of: fn(&Certificate) -> i64| certificate.map(|it| clock::rfc3339(of(it)));
    let Error::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it expired on {}", moment(|it| it.until).unwrap_or_default())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("it is not valid before {}", moment(|it| it.from).unwrap_or_default())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = certificate.map(|it| it.names.join(", ")).unwrap_or_default();
            format!("it is not for {}, but for {names}", name.to_str())
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            let issuer = certificate.map(|it| it.issuer.clone()).unwrap_or_default();
            format!("another CA has issued it: {issuer}")
        }
        other => other.to_string(),
    }
}
