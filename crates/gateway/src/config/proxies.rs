//! `TRUSTED_PROXIES`: which proxies before the gateway are believed when they say whom they speak for. Pure.

use std::{net::IpAddr, str::FromStr};

/// For the error: what a value must be.
pub(super) const MUST_BE: &str = "the number of proxies before the gateway, or the networks that they are in: a list such as \
     10.0.0.0/8,fd00::/8 (no /0: that would believe everybody)";

/// The proxies that are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedProxies {
    /// As many as stand before the gateway, one after the other; with 0, nobody is believed.
    Count(usize),
    /// Those in these networks.
    In(Vec<Network>),
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// IPv4 as IPv6 maps it.
    start: u128,
    /// Bits that tell the network.
    mask: u128,
}

impl TrustedProxies {
    /// True where anybody at all is believed.
    pub(crate) fn are_there(&self) -> bool {
        *self != Self::Count(0)
    }
}

impl Network {
    /// True for an address of this network.
    pub(crate) fn holds(self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.start
    }
}

/// What no setting of proxies is.
#[derive(Debug)]
pub struct NoProxies;

impl FromStr for TrustedProxies {
    type Err = NoProxies;

    fn from_str(text: &str) -> Result<Self, NoProxies> {
        if let Ok(count) = text.parse() {
            return Ok(Self::Count(count));
        }
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let networks = entries.map(str::parse).collect::<Result<Vec<_>, _>>()?;
        if networks.is_empty() { Err(NoProxies) } else { Ok(Self::In(networks)) }
    }
}

impl FromStr for Network {
    type Err = NoProxies;

    /// `10.0.0.0/8`, or a single address.
    fn from_str(text: &str) -> Result<Self, NoProxies> {
        let (address, length) =
            text.split_once('/').map_or((text, None), |(text, length)| (text, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| NoProxies)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.map_or(Ok(longest), str::parse).map_err(|_| NoProxies)?;
        if length == 0 || length > longest {
            return Err(NoProxies);
        }
        let mask = u128::MAX << (longest - length);
        Ok(Self { start: bits(address) & mask, mask })
    }
}

/// Both families in one: IPv4 as IPv6 maps it, however it was written.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_networks_are_read_and_nothing_else() {
        let read = |text: &str| text.parse::<TrustedProxies>().ok();
        assert_eq!(read("2"), Some(TrustedProxies::Count(2)));
        let Some(TrustedProxies::In(networks)) = read("10.0.0.0/8, 192.168.7.9,fd00::/8,") else { panic!() };
        for (address, is_in) in [
            ("10.255.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("192.168.7.9", true),
            ("192.168.7.8", false),
            ("fdff::1", true),
            ("fe00::1", false),
            ("::10.0.0.1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(networks.iter().any(|network| network.holds(address)), is_in, "{address}");
        }
        for bad in [
            "-1",
            "true",
            ",",
            "10.0.0.0/33",
            "10.0.0.0/0",
            "::/0",
            "fd00::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "proxy",
            "2,3",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
