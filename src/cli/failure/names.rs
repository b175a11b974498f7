//! What failures around names are called in JSON, and their exit statuses; the errors know their own ways out.

use super::exit::{CONFLICT, FAILED, MISSING, NOT_FOUND, USAGE};
use crate::certs::CertsError;
use crate::dns::DnsError;
use crate::proxy::ProxyError;

pub(super) fn of_certs(error: &CertsError) -> (&'static str, u8) {
    match error {
        CertsError::NoMkcert => ("cert_mkcert_missing", MISSING),
        CertsError::Mkcert { .. } => ("cert_mkcert", FAILED),
        CertsError::NotSetUp => ("cert_not_set_up", NOT_FOUND),
        CertsError::AuthorityLost { .. } => ("cert_ca_lost", FAILED),
        CertsError::NoAuthorityKey { .. } => ("cert_ca_key_missing", FAILED),
        CertsError::AuthorityReplaced { .. } => ("cert_ca_replaced", FAILED),
        CertsError::AuthorityExpired { .. } => ("cert_ca_expired", FAILED),
        CertsError::Left { cause, .. } => of_certs(cause),
        CertsError::Interrupted { signal, .. } => ("interrupted", u8::try_from(128 + signal).unwrap_or(FAILED)),
        CertsError::BadName { .. } => ("cert_name", USAGE),
        CertsError::Damaged { .. } => ("cert_damaged", FAILED),
        CertsError::Store { .. } => ("cert_store", FAILED),
        CertsError::Busy => ("cert_busy", FAILED),
        CertsError::NobodyListens { .. } => ("cert_no_server", MISSING),
        CertsError::NoHandshake { .. } => ("cert_handshake", FAILED),
        CertsError::System { .. } => ("cert_system", FAILED),
    }
}

pub(super) fn of_proxy(error: &ProxyError) -> (&'static str, u8) {
    match error {
        ProxyError::NoCaddy => ("caddy_missing", MISSING),
        ProxyError::TooOld { .. } => ("caddy_too_old", MISSING),
        ProxyError::Mute { .. } => ("proxy_mute", MISSING),
        ProxyError::NotRunning => ("proxy_not_running", MISSING),
        ProxyError::PortBusy { .. } => ("port_conflict", CONFLICT),
        ProxyError::PortForbidden { .. } => ("port_forbidden", FAILED),
        ProxyError::Refused { .. } => ("proxy_refused", FAILED),
        ProxyError::NotStarted { .. } => ("proxy_not_started", FAILED),
        ProxyError::SocketTaken { .. } => ("proxy_socket_taken", CONFLICT),
        ProxyError::UnfitPath { .. } => ("proxy_path", FAILED),
        ProxyError::NoAnswer { .. } => ("proxy_no_answer", MISSING),
        ProxyError::Failed { .. } => ("proxy", FAILED),
    }
}

pub(super) fn of_dns(error: &DnsError) -> (&'static str, u8) {
    match error {
        DnsError::Unsupported { .. } | DnsError::OnlyFallback => ("dns_unsupported", FAILED),
        DnsError::ResolvedSilent => ("dns_resolver", MISSING),
        DnsError::Unavailable { .. } => ("dns_unavailable", FAILED),
        DnsError::Mismatch { .. } => ("usage", USAGE),
        DnsError::Foreign { .. } => ("dns_foreign", CONFLICT),
        DnsError::Missing { .. } => ("dns_missing", MISSING),
        DnsError::NoPort { .. } | DnsError::PortTaken { .. } => ("dns_port", CONFLICT),
        DnsError::NotStarted { .. } | DnsError::NoLink { .. } => ("dns_not_started", FAILED),
        DnsError::BrokenDnsmasq { .. } => ("dns_broken", FAILED),
        DnsError::NotSetUp | DnsError::NoOwnDnsmasq { .. } => ("dns_not_set_up", NOT_FOUND),
        DnsError::Failed { .. } | DnsError::Left { .. } => ("dns_failed", FAILED),
        DnsError::Interrupted { signal, .. } => ("interrupted", u8::try_from(128 + signal).unwrap_or(FAILED)),
        DnsError::Changed => ("changed", FAILED),
        DnsError::Edited { .. } => ("dns_edited", FAILED),
        DnsError::Record { .. } => ("dns_record", FAILED),
    }
}
