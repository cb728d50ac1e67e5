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

    /// Whether `element` would be kept: it is not there yet and not smaller
    /// than all of a full set.
    pub fn would_keep(&self, element: &T) -> bool {
        match self.sorted.binary_search(element) {
            Ok(_) => false,
            Err(at) => at > 0 || self.sorted.len() < N,
        }
    }

    /// From the smallest to the largest.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.sorted.iter()
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
    }
}
