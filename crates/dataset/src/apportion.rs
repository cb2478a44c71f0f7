//! Splits a whole number in proportion to weights, by the method of largest remainders.

/// Splits `total` in proportion to `weights`, in whole numbers: what is left over goes to the largest remainders, and among
/// equal ones to the first. No share is larger than its weight if `total` is not larger than the sum of the weights.
pub(crate) fn apportion(weights: &[usize], total: usize) -> Vec<usize> {
    let sum = weights.iter().map(|weight| *weight as u128).sum::<u128>().max(1);
    let product = |weight: usize| weight as u128 * total as u128;
    let mut shares: Vec<usize> = weights.iter().map(|weight| (product(*weight) / sum) as usize).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(product(weights[*at]) % sum));
    let left = total.saturating_sub(shares.iter().sum());
    for &at in order.iter().take(left).filter(|at| weights[**at] > 0) {
        shares[at] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seats_go_to_the_largest_remainders() {
        // 1,388 of 3 × 2,313, as the paper has it: two classes get one more.
        assert_eq!(apportion(&[2313, 2313, 2313], 1388), [463, 463, 462]);
        // The apportionment of a well-known example of Hamilton's method: 100,000 votes, ten seats.
        assert_eq!(apportion(&[47_000, 16_000, 15_800, 12_000, 6_100, 3_100], 10), [5, 2, 1, 1, 1, 0]);
        assert_eq!(apportion(&[0, 3], 2), [0, 2]);
        assert_eq!(apportion(&[], 2), [0_usize; 0]);
    }

    proptest! {
        #[test]
        fn shares_sum_up_and_stay_within_their_weights(
            weights in prop::collection::vec(0_usize..1000, 1..8),
            share in 0.0_f64..1.0,
        ) {
            let total = (weights.iter().sum::<usize>() as f64 * share) as usize;
            let shares = apportion(&weights, total);
            prop_assert_eq!(shares.iter().sum::<usize>(), total);
            prop_assert!(shares.iter().zip(&weights).all(|(share, weight)| share <= weight));
        }
    }
}
