//! Whether a request that changes something comes from a page of ours.

use super::Config;
use crate::wire::Problem;
use axum::http::{HeaderMap, HeaderName, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that another site made a browser send.
///
/// Browsers send `Sec-Fetch-Site` to https addresses and to loopback, and `Origin`
/// with every POST; neither can be set by a page. A request that has neither comes
/// from no browser that we support and is refused as well. `none` (typed into the
/// address bar) is no way to post a form.
///
/// # Errors
/// `NotAllowed`.
pub fn same_origin(headers: &HeaderMap, config: &Config) -> Result<(), Problem> {
    let site = one(headers, &SEC_FETCH_SITE)?;
    let origin = one(headers, &header::ORIGIN)?;
    let url = config.public_url();
    let site_is_ours = site.map(|site| site == "same-origin");
    let origin_is_ours = origin.map(|origin| url.is_origin(origin));
    match (site_is_ours, origin_is_ours) {
        // Both agree, or the one that is there says yes.
        (Some(true) | None, Some(true)) | (Some(true), None) => Ok(()),
        _ => Err(Problem::NotAllowed),
    }
}

/// A header that must not be there twice, as text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::NotAllowed);
    }
    first
        .map(|value| value.to_str().map_err(|_| Problem::NotAllowed))
        .transpose()
}
