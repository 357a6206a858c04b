//! The built files of the browser's half: their hashed names, how they are served,
//! and the service worker that keeps them for days without a network.

use crate::ui::shell::Files;
use axum::{
    Router,
    http::{HeaderValue, Response, header},
    response::IntoResponse,
    routing::MethodRouter,
};
use std::{io, path::Path, sync::Arc};
use tower::ServiceBuilder;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

const OUTPUT: &str = "whilst";
/// Files with a hash in their name never change.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Others are asked for again each time, and answered from their date.
const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// What the shell needs besides the hashed files.
const UNHASHED: [&str; 4] = [
    "/boot.js",
    "/favicon.svg",
    "/manifest.webmanifest",
    "/icons/icon-192.png",
];

/// Where the built files lie and what they are called.
#[derive(Clone)]
pub struct Site {
    root: Arc<Path>,
    pub files: Arc<Files>,
    /// Differs whenever a file does: the name of the service worker's cache.
    build: Arc<str>,
}

impl Site {
    /// Reads the hashes that the build wrote beside the program, if names are hashed.
    ///
    /// # Errors
    /// When the site was not built, or is of another build.
    pub fn open(root: &Path, hashed: bool) -> io::Result<Self> {
        if !hashed {
            return Ok(Self::plain(root));
        }
        let list = std::env::current_exe()?.with_file_name("hash.txt");
        let wrong = |kind, why: &str| io::Error::new(kind, format!("{}: {why}", list.display()));
        let text = std::fs::read_to_string(&list)
            .map_err(|error| wrong(error.kind(), &format!("{error}; cargo-leptos writes it when it builds")))?;
        let (files, build) = hashed_names(&text)
            .ok_or_else(|| wrong(io::ErrorKind::InvalidData, "lines js, wasm and css were expected"))?;
        let wasm = root.join(files.wasm.trim_start_matches('/'));
        if !wasm.is_file() {
            let why = format!("{} is not there: the site is of another build", wasm.display());
            return Err(wrong(io::ErrorKind::NotFound, &why));
        }
        Ok(Self {
            root: root.into(),
            files: Arc::new(files),
            build: build.into(),
        })
    }

    /// Files under their plain names, which may or may not be there.
    pub fn plain(root: &Path) -> Self {
        let name = |rest: &str| format!("/pkg/{OUTPUT}{rest}");
        let files = Files {
            css: name(".css"),
            js: name(".js"),
            wasm: name(".wasm"),
        };
        Self {
            root: root.into(),
            files: Arc::new(files),
            build: "plain".into(),
        }
    }

    /// The hashed files below `/pkg`.
    pub fn hashed<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let files = ServeDir::new(self.root.join("pkg"))
            .precompressed_br()
            .precompressed_gzip();
        let cached = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, |found: &Response<_>| {
            // A missing file must not be remembered as missing.
            found.status().is_success().then_some(IMMUTABLE)
        });
        Router::new().fallback_service(ServiceBuilder::new().layer(cached).service(files))
    }

    /// A file by its name at the root, or what else answers there.
    pub fn named<S: Clone + Send + Sync + 'static>(&self, otherwise: MethodRouter<S>, state: S) -> Router {
        let files = ServeDir::new(&self.root)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip()
            .fallback(otherwise.with_state::<()>(state));
        let cached = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, |found: &Response<_>| {
            (found.status().is_success() || found.status() == 304).then_some(REVALIDATE)
        });
        Router::new().fallback_service(ServiceBuilder::new().layer(cached).service(files))
    }

    /// `/sw.js`: its bytes change with every build, so that browsers see an update.
    pub fn service_worker(&self) -> impl IntoResponse + use<> {
        let files = [&*self.files.js, &self.files.wasm, &self.files.css]
            .into_iter()
            .chain(UNHASHED);
        let files: Vec<String> = files.map(|file| format!("\"{file}\"")).collect();
        let text = include_str!("../service_worker.js")
            .replace("{{BUILD}}", &self.build)
            .replace("{{FILES}}", &format!("[{}]", files.join(", ")));
        (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            text,
        )
    }
}

/// From lines `js: HASH`, `wasm: HASH`, `css: HASH`; others are left alone.
fn hashed_names(text: &str) -> Option<(Files, String)> {
    let hash = |kind: &str| {
        text.lines()
            .find_map(|line| Some(line.strip_prefix(kind)?.strip_prefix(':')?.trim()))
    };
    let name = |kind: &str| Some(format!("/pkg/{OUTPUT}.{}.{kind}", hash(kind)?));
    let build = format!("{}-{}-{}", hash("js")?, hash("wasm")?, hash("css")?);
    Some((
        Files {
            css: name("css")?,
            js: name("js")?,
            wasm: name("wasm")?,
        },
        build,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_hashes_of_the_build() {
        let (files, build) = hashed_names("js: aa\nwasm: bb\nsplit: x\ncss: cc\n").unwrap();
        assert_eq!(
            (files.js.as_str(), files.css.as_str()),
            ("/pkg/whilst.aa.js", "/pkg/whilst.cc.css")
        );
        assert_eq!(
            (files.wasm.as_str(), build.as_str()),
            ("/pkg/whilst.bb.wasm", "aa-bb-cc")
        );
        assert!(hashed_names("js: aa\ncss: cc").is_none());
    }
}
