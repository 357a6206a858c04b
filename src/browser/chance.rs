//! Random bytes.

use web_sys::window;

/// Fills from the browser's generator. A browser without one has no `WebAssembly` either.
pub fn fill(bytes: &mut [u8]) {
    if let Some(crypto) = window().and_then(|window| window.crypto().ok()) {
        // Refused only above 65,536 bytes.
        let _ = crypto.get_random_values_with_u8_array(bytes);
    }
}

pub fn number() -> u64 {
    let mut bytes = [0; 8];
    fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
