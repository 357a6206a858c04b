//! The browser's entry points: two take over a page of the server, the third
//! draws what can be drawn where there was no server to ask.

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// Takes over the page as the server drew it.
///
/// # Errors
/// If the page is of another release.
#[wasm_bindgen]
pub fn hydrate() -> Result<(), JsError> {
    whilst::start::hydrate().map_err(|error| JsError::new(&error.to_string()))
}

/// Takes over the list of rooms beside a page of forms.
///
/// # Errors
/// If the page is of another release.
#[wasm_bindgen]
pub fn hydrate_beside() -> Result<(), JsError> {
    whilst::start::hydrate_beside().map_err(|error| JsError::new(&error.to_string()))
}

/// Draws the page in the empty shell.
#[wasm_bindgen]
pub fn mount_shell() {
    whilst::start::mount_shell();
}
