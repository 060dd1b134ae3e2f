//! The tree of RFC 6962 over the hashes of the events of a seal: its root, and the path from one leaf to it.

use super::hash::Hash;

/// Goes before two hashes that are hashed.
const NODE: u8 = 1;

fn node(left: Hash, right: Hash) -> Hash {
    Hash::of(&[&[NODE], &left.0, &right.0])
}

/// The largest power of two below `size`, which is 2 or more.
fn left_size(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// Returns the root over `leaves`, of which there is at least one.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(left_size(leaves.len()));
            node(root(left), root(right))
        }
    }
}

/// Returns what must be hashed together with the leaf at `index` to get the root, from the leaf upwards.
pub(super) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return vec![];
    }
    let (left, right) = leaves.split_at(left_size(leaves.len()));
    let (mut path, beside) = if index < left.len() {
        (self::path(left, index), root(right))
    } else {
        (self::path(right, index - left.len()), root(left))
    };
    path.push(beside);
    path
}

/// Returns the root that `leaf` at `index` of `size` leaves leads to; none if the path has not the length it must have.
pub(super) fn root_by_path(leaf: Hash, index: usize, size: usize, path: &[Hash]) -> Option<Hash> {
    if size < 2 {
        return (index < size && path.is_empty()).then_some(leaf);
    }
    let (beside, rest) = path.split_last()?;
    let left = left_size(size);
    if index < left {
        Some(node(root_by_path(leaf, index, left, rest)?, *beside))
    } else {
        Some(node(*beside, root_by_path(leaf, index - left, size - left, rest)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| Hash::of(&[&[0, n]])).collect()
    }

    /// The empty leaf of RFC 6962's own test vectors, and the tree over it and `0x00`.
    #[test]
    fn roots_are_those_of_the_rfc() {
        let leaf = |bytes: &[u8]| Hash::of(&[&[0], bytes]);
        let known = [leaf(&[]), leaf(&[0])];
        let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        let two = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
        assert_eq!(root(&known[..1]).to_string(), one);
        assert_eq!(root(&known).to_string(), two);
    }

    #[test]
    fn every_leaf_leads_to_the_root_and_no_other_does() {
        for size in 1..=33 {
            let leaves = leaves(size);
            let root = root(&leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let path = path(&leaves, index);
                let led = |leaf, index| root_by_path(leaf, index, leaves.len(), &path);
                assert_eq!(led(*leaf, index), Some(root));
                assert_ne!(led(Hash::NONE, index), Some(root));
                if leaves.len() > 1 {
                    assert_ne!(led(*leaf, (index + 1) % leaves.len()), Some(root));
                    assert_eq!(root_by_path(*leaf, index, leaves.len(), &path[1..]), None);
                }
            }
        }
    }
}
