//! The gated recurrent unit.

use downhill_tensor::Real;

use super::{Back, Cell, Step};

/// h ← (1 − z) ⊙ n + z ⊙ h with r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z likewise and
/// n = tanh(W_in·x + b_in + r ⊙ (W_hn·h + b_hn)): the gates of Cho et al. (2014), section 2.3, in the order r, z, n,
/// and with the reset behind the product, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gru;

impl<T: Real> Cell<T> for Gru {
    const NAME: &'static str = "gru";
    const GATES: usize = 3;
    const KEEPS: bool = true;
    const APART: bool = true;

    #[inline(always)]
    fn step(self, at: Step<'_, T>) {
        let h = at.state.len();
        let (r, rest) = at.gates.split_at_mut(h);
        let (z, n) = rest.split_at_mut(h);
        let (r_of_state, rest) = at.recurrent.split_at(h);
        let (z_of_state, n_of_state) = rest.split_at(h);
        for (((r, &of_state), kept), &q) in r.iter_mut().zip(r_of_state).zip(at.kept).zip(n_of_state) {
            *r = (*r + of_state).sigmoid_kernel(at.math);
            *kept = q;
        }
        for (z, &of_state) in z.iter_mut().zip(z_of_state) {
            *z = (*z + of_state).sigmoid_kernel(at.math);
        }
        let (r, z, n) = (&r[..h], &z[..h], &mut n[..h]);
        let (q, state) = (&n_of_state[..h], &mut at.state[..h]);
        for k in 0..h {
            n[k] = (n[k] + r[k] * q[k]).tanh_kernel(at.math);
            state[k] = (T::one() - z[k]) * n[k] + z[k] * state[k];
        }
    }

    #[inline(always)]
    fn back(self, at: Back<'_, T>) {
        let h = at.state.len();
        let one = T::one();
        let (r, rest) = at.gates.split_at(h);
        let (z, n) = rest.split_at(h);
        let (dr, rest) = at.d_gates.split_at_mut(h);
        let (dz, dn) = rest.split_at_mut(h);
        let (dr_of_state, rest) = at.d_recurrent.split_at_mut(h);
        let (dz_of_state, dn_of_state) = rest.split_at_mut(h);
        let (q, state, d_state) = (&at.kept[..h], &at.state[..h], &mut at.d_state[..h]);
        for k in 0..h {
            let (d, r, z, n) = (d_state[k], r[k], z[k], n[k]);
            // With respect to what stands in each function.
            let in_n = d * (one - z) * (one - n * n);
            let in_z = d * (state[k] - n) * z * (one - z);
            let in_r = in_n * q[k] * r * (one - r);
            dr[k] = in_r;
            dr_of_state[k] = in_r;
            dz[k] = in_z;
            dz_of_state[k] = in_z;
            dn[k] = in_n;
            dn_of_state[k] = in_n * r;
            d_state[k] = d * z;
        }
    }
}
