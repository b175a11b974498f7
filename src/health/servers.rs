//! Servers for the tests: each meets its clients as it is told, and ends with the test.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// A listener with its thread.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    met: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Meets each client in turn; what `meet` returns stays open until the end.
    pub fn start(meet: impl Fn(TcpStream) -> TcpStream + Send + 'static) -> Server {
        Server::with(TcpListener::bind("127.0.0.1:0").unwrap(), meet)
    }

    pub fn with(listener: TcpListener, meet: impl Fn(TcpStream) -> TcpStream + Send + 'static) -> Server {
        let address = listener.local_addr().unwrap();
        let (met, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (met, is_over) = (Arc::clone(&met), Arc::clone(&is_over));
            move || {
                let mut open = Vec::new();
                while let Ok((client, _)) = listener.accept() {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    met.fetch_add(1, Ordering::SeqCst);
                    open.push(meet(client));
                }
            }
        });
        Server { address, met, is_over, thread: Some(thread) }
    }

    /// Says nothing.
    pub fn silent() -> Server {
        Server::start(|client| client)
    }

    /// Closes each connection at once.
    pub fn closing() -> Server {
        Server::start(|client| {
            let _ = client.shutdown(Shutdown::Both);
            client
        })
    }

    /// Answers each request with the status.
    pub fn answering(status: &'static str) -> Server {
        Server::start(move |mut client| {
            let _ = answer(&mut client, status, "");
            client
        })
    }

    /// Writes piece after piece until there is none, or the client goes.
    pub fn writing(piece: impl Fn(usize) -> Option<Vec<u8>> + Send + 'static) -> Server {
        Server::start(move |mut client| {
            let _ = (0..).map_while(&piece).try_for_each(|piece| client.write_all(&piece));
            client
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many clients came.
    pub fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads the request, then answers it; a client that only connects gets no answer.
pub fn answer(client: &mut TcpStream, status: &str, headers: &str) -> io::Result<()> {
    if client.read(&mut [0; 4096])? == 0 {
        return Ok(());
    }
    write!(client, "HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

/// A port on which nobody listens.
pub fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An address to which TCP has no way, as ::1 on a machine without IPv6.
pub fn nowhere() -> SocketAddr {
    SocketAddr::from(([255, 255, 255, 255], 80))
}
