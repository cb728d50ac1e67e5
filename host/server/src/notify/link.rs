//! Links into the console.

use baton_domain::notify::Notice;
use reqwest::Url;

use crate::host::Host;

/// Where people see the conversation that `notice` is about; `None` when the
/// configuration does not say where the console is. Ids alone stand in it.
pub fn deep_link(host: &Host, notice: &Notice) -> Option<String> {
    let mut url = host.config.public_url.clone()?;
    let number = notice.number.as_ref()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend([
        "conversations",
        notice.customer.as_str(),
        number.as_str(),
    ]);
    Some(url.into())
}

/// The address of the console, as the configuration has it.
///
/// # Errors
/// Says what is wanted.
pub fn public_url(text: &str) -> Result<Url, String> {
    let wanted = || "public_url is an address such as https://baton.example.com".to_owned();
    let url = Url::parse(text).map_err(|_| wanted())?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if is_web && is_bare {
        Ok(url)
    } else {
        Err(wanted())
    }
}
