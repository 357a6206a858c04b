//! Which machines may say, in a header, for whom they speak.

use std::net::{IpAddr, Ipv6Addr};

/// Addresses and networks of our own reverse proxies. Everybody else's
/// forwarded headers are hearsay and not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

pub const PROXIES_MAX: usize = 64;
/// Hops looked through; a longer chain is somebody's invention.
const HOPS_MAX: usize = 16;

impl Proxies {
    pub(super) fn parse(texts: &[String]) -> Result<Self, String> {
        let right = || {
            format!("at most {PROXIES_MAX} addresses or networks, as in [\"127.0.0.1\", \"10.0.0.0/8\", \"fd00::/8\"]")
        };
        if texts.len() > PROXIES_MAX {
            return Err(right());
        }
        let networks: Option<Vec<Network>> = texts.iter().map(|text| Network::parse(text)).collect();
        networks.map(Self).ok_or_else(right)
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|network| format!("{}/{}", network.address, network.prefix))
            .collect()
    }

    /// Whose request it is: the peer, or whom trusted proxies name, read from
    /// the near end. A part that is no address ends the walk at the last known hop.
    pub fn client(&self, peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = forwarded_for.unwrap_or_default().rsplit(',').take(HOPS_MAX);
        for hop in hops {
            if !self.trusts(client) {
                break;
            }
            match hop.trim().parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                Err(_) => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }
}

impl Network {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        (prefix <= most).then_some(Self { address, prefix })
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                u32::from(own) & mask == u32::from(other) & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => v6_net(own, self.prefix) == v6_net(other, self.prefix),
            _ => false,
        }
    }
}

fn v6_net(address: Ipv6Addr, prefix: u8) -> u128 {
    u128::from(address) & u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}
