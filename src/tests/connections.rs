//! Connections that do not do what a browser does with them.

use super::server::Server;
use crate::server::http::HEAD_TIMEOUT;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const HALF_A_HEAD: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: ";
const THE_OTHER_HALF: &[u8] = b"localhost\r\n\r\n";

fn head_timeout_ms() -> u64 {
    u64::try_from(HEAD_TIMEOUT.as_millis()).unwrap()
}

/// Reads up to the end of an answer of which no more follows.
async fn answer(wire: &mut TcpStream) -> String {
    let mut heard = String::new();
    while !heard.ends_with("ok") {
        let mut piece = [0; 512];
        let count = wire.read(&mut piece).await.unwrap();
        assert!(count > 0, "ended after {heard:?}");
        heard.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    heard
}

/// Moves the clock, for the server may not have come to wait yet, until the connection has ended.
async fn is_dropped_in_time(server: &Server, wire: &mut TcpStream) {
    let passes = async {
        loop {
            server.clock.advance(head_timeout_ms());
            tokio::task::yield_now().await;
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        ended = wire.read_to_end(&mut rest) => assert_eq!(ended.unwrap(), 0, "{}", String::from_utf8_lossy(&rest)),
        () = passes => {}
    }
}

#[tokio::test]
async fn who_says_nothing_or_half_a_request_is_dropped() {
    let server = Server::starts().await;
    for said in [&b""[..], b"G", HALF_A_HEAD] {
        let mut wire = TcpStream::connect(server.addr).await.unwrap();
        wire.write_all(said).await.unwrap();
        is_dropped_in_time(&server, &mut wire).await;
    }
}

#[tokio::test]
async fn a_request_that_comes_slowly_but_in_time_is_answered() {
    let server = Server::starts().await;
    let mut wire = TcpStream::connect(server.addr).await.unwrap();
    wire.write_all(HALF_A_HEAD).await.unwrap();
    server.clock.advance(head_timeout_ms() - 1);
    wire.write_all(THE_OTHER_HALF).await.unwrap();
    assert!(answer(&mut wire).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_connection_that_is_kept_without_use_is_dropped() {
    let server = Server::starts().await;
    let mut wire = TcpStream::connect(server.addr).await.unwrap();
    for _ in 0..2 {
        wire.write_all(HALF_A_HEAD).await.unwrap();
        wire.write_all(THE_OTHER_HALF).await.unwrap();
        answer(&mut wire).await;
        // The time begins anew with each answer.
        server.clock.advance(head_timeout_ms() - 1);
    }
    is_dropped_in_time(&server, &mut wire).await;
}

#[tokio::test]
async fn a_stop_lets_kept_connections_go_at_once() {
    let server = Server::starts().await;
    let mut wire = TcpStream::connect(server.addr).await.unwrap();
    wire.write_all(HALF_A_HEAD).await.unwrap();
    wire.write_all(THE_OTHER_HALF).await.unwrap();
    answer(&mut wire).await;
    server.stops().await;
    assert_eq!(wire.read(&mut [0]).await.unwrap(), 0);
}
