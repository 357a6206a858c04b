//! Connections of the kernel, many of them to one place.

use crate::Result;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicU8, Ordering},
};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

/// One address has 28,000 ports for connections to the same place. With more than a part of
/// them taken, or not yet given back, the kernel searches for each connection what is free, for
/// half a millisecond and longer: more than a server has to do for who comes.
const LOOPBACK_ADDRESSES: u8 = 32;

/// Connects, over loopback from one of many addresses.
///
/// # Errors
/// Where nobody listens.
pub async fn connect(addr: &str) -> Result<TcpStream> {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    let to = lookup_host(addr).await?.next().ok_or("a host without an address")?;
    if to.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
        return Ok(TcpStream::connect(to).await?);
    }
    let nth = NEXT.fetch_add(1, Ordering::Relaxed) % LOOPBACK_ADDRESSES;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 1, nth + 1], 0)))?;
    Ok(socket.connect(to).await?)
}
