//! The latest N of a set, whatever the order in which its elements come.

use serde::{Deserialize, Serialize};

/// A sorted set that keeps its `N` largest elements. Since "the N largest of
/// a set" does not depend on the order of insertion or on repetitions, what is
/// kept this way folds to the same state under any redelivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latest<T, const N: usize> {
    sorted: Vec<T>,
}

impl<T, const N: usize> Default for Latest<T, N> {
    fn default() -> Self {
        Self { sorted: Vec::new() }
    }
}

impl<T: Ord, const N: usize> Latest<T, N> {
    /// Adds an element. Returns whether the set changed: not when it is there
    /// already, nor when the set is full of larger ones.
    pub fn insert(&mut self, element: T) -> bool {
        let Err(mut at) = self.sorted.binary_search(&element) else {
            return false;
        };
        if self.sorted.len() == N {
            if at == 0 {
                return false;
            }
            self.sorted.remove(0);
            at -= 1;
        }
        self.sorted.insert(at, element);
        true
    }

    /// Adds an element in place of the one that `is_same` finds, unless that
    /// one is larger. Returns whether the set changed.
    ///
    /// What is kept is "of the largest of each kind, the N largest", which
    /// depends on order and repetition as little.
    pub fn insert_newest(&mut self, element: T, is_same: impl Fn(&T) -> bool) -> bool {
        if let Some(at) = self.sorted.iter().position(is_same) {
            if self.sorted[at] >= element {
                return false;
            }
            self.sorted.remove(at);
        }
        self.insert(element)
    }

    /// Takes out the first that `is_it` finds.
    pub(super) fn remove(&mut self, is_it: impl Fn(&T) -> bool) {
        if let Some(at) = self.sorted.iter().position(is_it) {
            self.sorted.remove(at);
        }
    }

    /// From the smallest to the largest.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.sorted.iter()
    }

    /// To change what does not take part in their order.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.sorted.iter_mut()
    }

    /// The largest.
    pub fn last(&self) -> Option<&T> {
        self.sorted.last()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(
            mut elements in prop::collection::vec(0u8..40, 0..60),
            seed in any::<u64>(),
        ) {
            let keep = |elements: &[u8]| {
                let mut latest = Latest::<u8, 8>::default();
                for element in elements {
                    latest.insert(*element);
                }
                latest
            };
            let first = keep(&elements);
            let turn = seed as usize % elements.len().max(1);
            elements.rotate_left(turn);
            elements.reverse();
            elements.extend(elements.clone());
            prop_assert_eq!(first, keep(&elements));
        }

        #[test]
        fn of_each_kind_the_newest_is_kept(
            mut elements in prop::collection::vec((0u8..40, 0u8..12), 0..60),
            seed in any::<u64>(),
        ) {
            let keep = |elements: &[(u8, u8)]| {
                let mut latest = Latest::<(u8, u8), 8>::default();
                for element in elements {
                    latest.insert_newest(*element, |it| it.1 == element.1);
                }
                latest
            };
            let first = keep(&elements);
            let turn = seed as usize % elements.len().max(1);
            elements.rotate_left(turn);
            elements.reverse();
            elements.extend(elements.clone());
            prop_assert_eq!(first, keep(&elements));
        }
    }
}
