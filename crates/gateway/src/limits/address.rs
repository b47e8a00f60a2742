//! Whose request it is, as far as limits go. Pure.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use service::serve::{Peer, network};

use crate::config::{Network, TrustedProxies};

/// Each proxy on the way adds at its end where a request came from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// How clients are told apart.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    /// Proxies before the gateway, which say whom they speak for.
    pub(super) trusted_proxies: TrustedProxies,
}

impl Clients {
    /// The client's address; of IPv6, its network.
    pub(super) fn address(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer =
            extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address);
        network(match &self.trusted_proxies {
            TrustedProxies::Count(0) => peer,
            TrustedProxies::Count(proxies) => nth_from_us(*proxies, headers).unwrap_or(peer),
            TrustedProxies::In(networks) => first_stranger(peer, networks, headers),
        })
    }
}

/// What the outermost of so many proxies saw. Anybody can write what stands before it.
fn nth_from_us(proxies: usize, headers: &HeaderMap) -> Option<IpAddr> {
    // who came past the outer proxies has fewer
    parse(forwarded(headers).take(proxies).last()?)
}

/// The nearest one that is no proxy of ours; what it says itself is not believed. Where all are, the farthest.
fn first_stranger(peer: IpAddr, networks: &[Network], headers: &HeaderMap) -> IpAddr {
    let is_ours = |address: IpAddr| networks.iter().any(|network| network.holds(address));
    let mut nearest = peer;
    let mut before = forwarded(headers).map_while(parse);
    while is_ours(nearest)
        && let Some(next) = before.next()
    {
        nearest = next;
    }
    nearest
}

/// Who sent to whom, from our side on.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(FORWARDED_FOR).iter().rev();
    lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(',')).map(str::trim)
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.trim_matches(['[', ']']).parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(trusted_proxies: &str, peer: &str, forwarded: &[&'static str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED_FOR, list.parse().unwrap());
        }
        let trusted_proxies = trusted_proxies.parse().unwrap();
        Clients { trusted_proxies }.address(&extensions, &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_counted_from_the_gateway() {
        let chain: &[_] = &["6.6.6.6, 1.1.1.1", "2.2.2.2"];
        for (trusted, forwarded, expected) in [
            ("0", chain, "10.0.0.1"),
            ("1", chain, "2.2.2.2"),
            ("2", chain, "1.1.1.1"),
            ("9", chain, "6.6.6.6"),
            ("1", &[], "10.0.0.1"),
            ("1", &["1.1.1.1, unknown"], "10.0.0.1"),
            ("1", &["3.3.3.3:4711"], "3.3.3.3"),
            ("1", &["[2001:db8::7]:4711"], "2001:db8::"),
        ] {
            assert_eq!(address(trusted, "10.0.0.1", forwarded), expected, "{trusted} {forwarded:?}");
        }
    }

    #[test]
    fn or_by_the_networks_that_they_are_in() {
        let ours = "10.0.0.0/8,fd00::/8";
        for (peer, forwarded, expected) in [
            // who is no proxy may write what they like
            ("9.9.9.9", &["1.1.1.1"][..], "9.9.9.9"),
            ("10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
            ("::ffff:10.0.0.1", &["1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1", &["6.6.6.6, 1.1.1.1", "10.0.0.9, fd00::1"], "1.1.1.1"),
            ("10.0.0.1", &["6.6.6.6, unknown, 10.0.0.9"], "10.0.0.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["[2001:db8:1:2:3::7]:4711"], "2001:db8:1:2::"),
        ] {
            assert_eq!(address(ours, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_are_one_client() {
        assert_eq!(address("0", "2001:db8:1:2:aaaa::1", &[]), "2001:db8:1:2::");
        assert_eq!(address("0", "2001:db8:1:2:bbbb::9", &[]), "2001:db8:1:2::");
        assert_eq!(address("0", "::ffff:9.8.7.6", &[]), "9.8.7.6");
    }
}
