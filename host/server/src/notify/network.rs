//! Where webhooks may go. A tenant names an endpoint, and the host connects to
//! it from inside: so by default only to addresses of the public internet, over
//! TLS. The address that a name stands for is checked when it is connected to,
//! since it may be another than before.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use baton_domain::limits::ENDPOINT_URL_CHARS_MAX;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use serde::Deserialize;

/// What the configuration lets webhooks do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookRules {
    /// Whether they may go to addresses of this machine and of private
    /// networks.
    pub allow_private: bool,
    /// Whether they may go without TLS.
    pub allow_http: bool,
}

/// Why an endpoint cannot be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// No address.
    #[error(
        "url is an address such as https://example.com/hooks of at most \
        {ENDPOINT_URL_CHARS_MAX} characters, without a name and password"
    )]
    Shape,
    /// Not over TLS.
    #[error("url must begin with https:// ; the host's configuration may allow http")]
    Unencrypted,
    /// Inside.
    #[error(
        "url names an address that is not of the public internet; the host's configuration may allow it"
    )]
    Private,
}

impl WebhookRules {
    /// Checks an address, as far as it can be told without looking its name up.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn check(self, text: &str) -> Result<Url, InvalidUrl> {
        if text.chars().count() > ENDPOINT_URL_CHARS_MAX {
            return Err(InvalidUrl::Shape);
        }
        let url = Url::parse(text).map_err(|_| InvalidUrl::Shape)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_bare {
            return Err(InvalidUrl::Shape);
        }
        if url.scheme() == "http" && !self.allow_http {
            return Err(InvalidUrl::Unencrypted);
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        if literal.is_ok_and(|address| !self.may_reach(address)) {
            return Err(InvalidUrl::Private);
        }
        Ok(url)
    }

    fn may_reach(self, address: IpAddr) -> bool {
        self.allow_private || is_public(address)
    }
}

/// Finds addresses of names, and gives those alone that may be connected to.
#[derive(Debug, Clone, Copy)]
pub struct Resolver(pub WebhookRules);

/// All that a name stands for is inside.
#[derive(Debug, thiserror::Error)]
#[error("the name stands for no address of the public internet")]
pub struct OnlyPrivate;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|it| rules.may_reach(it.ip())).collect();
            if allowed.is_empty() {
                return Err(OnlyPrivate.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet (IANA's registries of
/// special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // "This network", and those that only this one knows.
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) => true,
        // Shared by carriers; protocols; documentation; benchmarks.
        (100, 64..=127, _) | (192, 0, 0 | 2) | (198, 18 | 19, _) => true,
        (198, 51, 100) | (203, 0, 113) | (192, 88, 99) => true,
        // Multicast, reserved, broadcast.
        (224.., ..) => true,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // NAT64: what it leads to counts.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4.
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, benchmarks, ORCHID and other protocols; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast; whatever else there is stays inside, IPv4 in the guise
        // of IPv6 among it.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "100::1",
        ];
        for address in inside {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        let outside = [
            "8.8.8.8",
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        for address in outside {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_is_refused_for_what_it_says() {
        let rules = WebhookRules::default();
        let says = |text: &str| rules.check(text).err();
        assert_eq!(says("https://example.com/hooks?a=b"), None);
        for inside in [
            "https://127.0.0.1/",
            "https://[::1]:8443/",
            "https://169.254.169.254/latest",
            // The same addresses, as other programs write them.
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert_eq!(says(inside), Some(InvalidUrl::Private), "{inside}");
        }
        assert_eq!(says("http://example.com/"), Some(InvalidUrl::Unencrypted));
        for odd in [
            "ftp://example.com/",
            "example.com",
            "https://me:pw@example.com/",
            "data:,x",
        ] {
            assert_eq!(says(odd), Some(InvalidUrl::Shape), "{odd}");
        }
        let lenient = WebhookRules {
            allow_private: true,
            allow_http: true,
        };
        assert!(lenient.check("http://127.0.0.1:9/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_not_connected_to() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Resolver(WebhookRules::default()).resolve(name()).await;
        assert!(refused.is_err());
        let rules = WebhookRules {
            allow_private: true,
            ..WebhookRules::default()
        };
        assert!(Resolver(rules).resolve(name()).await.is_ok());
    }
}
