//! What `boot.js` holds for the program: the offer to install and the newer
//! version that waits.

use super::{listen, unload};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::window;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = whilst, js_name = installable)]
    fn js_installable() -> bool;
    #[wasm_bindgen(js_namespace = whilst, js_name = updated)]
    fn js_updated() -> bool;
    #[wasm_bindgen(js_namespace = whilst, js_name = install)]
    fn js_install();
    #[wasm_bindgen(js_namespace = whilst, js_name = reload)]
    fn js_reload();
}

/// True while the browser offers to install.
pub fn installable() -> bool {
    js_installable()
}

/// Shows the browser's own question.
pub fn install() {
    js_install();
}

/// True if a newer version waits for this page to let go.
pub fn updated() -> bool {
    js_updated()
}

/// Lets the newer version take over, then loads the page again.
pub fn reload() {
    unload::reloads();
    js_reload();
}

/// Calls back whenever one of the two may have changed.
pub fn on_change(changed: impl Fn() + Clone + 'static) {
    let Some(window) = window() else { return };
    for name in ["whilst-install", "whilst-update"] {
        let changed = changed.clone();
        listen::forever(&window, name, move |_| changed());
    }
}
