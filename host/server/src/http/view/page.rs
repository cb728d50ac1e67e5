//! Pages of lists.

use baton_domain::limits::PAGE_ITEMS_MAX;
use baton_store::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where the last page ended, from its `next`.
    #[serde(default)]
    pub after: Option<String>,
    /// How many entries: 50 when absent, at most 200.
    #[serde(default)]
    #[param(minimum = 0)]
    limit: Option<usize>,
}

impl PageQuery {
    /// How many entries to give.
    pub fn limit(&self) -> usize {
        Self::limited(self.limit)
    }

    /// How many entries to give when `wanted` are asked for.
    pub fn limited(wanted: Option<usize>) -> usize {
        wanted.unwrap_or(50).clamp(1, PAGE_ITEMS_MAX)
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageView<T> {
    /// The entries.
    items: Vec<T>,
    /// Where the next page starts; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> PageView<T> {
    /// The entries of `page`, each as `view` shows it.
    pub fn of<S>(page: Page<S>, view: impl FnMut(S) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(view).collect(),
            next: page.next,
        }
    }

    /// Given entries, on the page that ends at `next`.
    pub fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next }
    }
}

/// A whole list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The entries.
    pub items: Vec<T>,
}
