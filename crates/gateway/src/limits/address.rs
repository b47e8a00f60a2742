//! Whose request it is, as far as limits go. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};
use service::serve::Peer;

/// Each proxy on the way adds at its end where a request came from.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Of an IPv6 address, what tells one customer from another.
const NETWORK: u128 = !(u64::MAX as u128);

/// How clients are told apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clients {
    /// Proxies before the gateway, which say whom they speak for.
    pub(super) trusted_proxies: usize,
}

impl Clients {
    /// The client's address; of IPv6, its network.
    pub(super) fn address(self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer =
            extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address);
        network(self.forwarded(headers).unwrap_or(peer))
    }

    /// What the outermost of the trusted proxies saw. Anybody can write what stands before it.
    fn forwarded(self, headers: &HeaderMap) -> Option<IpAddr> {
        if self.trusted_proxies == 0 {
            return None;
        }
        let lists = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(','));
        // who came past the outer proxies has fewer
        let outermost = entries.take(self.trusted_proxies).last()?;
        parse(outermost.trim())
    }
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.trim_matches(['[', ']']).parse().ok().or_else(with_port)
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(trusted_proxies: usize, peer: &str, forwarded: &[&'static str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED_FOR, list.parse().unwrap());
        }
        Clients { trusted_proxies }.address(&extensions, &headers).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_counted_from_the_gateway() {
        let chain: &[_] = &["6.6.6.6, 1.1.1.1", "2.2.2.2"];
        for (trusted, forwarded, expected) in [
            (0, chain, "10.0.0.1"),
            (1, chain, "2.2.2.2"),
            (2, chain, "1.1.1.1"),
            (9, chain, "6.6.6.6"),
            (1, &[], "10.0.0.1"),
            (1, &["1.1.1.1, unknown"], "10.0.0.1"),
            (1, &["3.3.3.3:4711"], "3.3.3.3"),
            (1, &["[2001:db8::7]:4711"], "2001:db8::"),
        ] {
            assert_eq!(address(trusted, "10.0.0.1", forwarded), expected, "{trusted} {forwarded:?}");
        }
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_are_one_client() {
        assert_eq!(address(0, "2001:db8:1:2:aaaa::1", &[]), "2001:db8:1:2::");
        assert_eq!(address(0, "2001:db8:1:2:bbbb::9", &[]), "2001:db8:1:2::");
        assert_eq!(address(0, "::ffff:9.8.7.6", &[]), "9.8.7.6");
    }
}
