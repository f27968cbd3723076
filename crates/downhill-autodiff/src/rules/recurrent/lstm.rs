//! Long short-term memory.

use downhill_tensor::Real;

use super::{Back, Cell, Step};

/// c ← f ⊙ c + i ⊙ g, h ← o ⊙ tanh(c) with i = σ(W_ii·x + b_ii + W_hi·h + b_hi), f and o likewise, and g with tanh
/// (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000); the gates in PyTorch's order i, f, g, o.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lstm;

impl<T: Real> Cell<T> for Lstm {
    const NAME: &'static str = "lstm";
    const GATES: usize = 4;
    const HAS_CELL: bool = true;

    #[inline(always)]
    fn step(self, at: Step<'_, T>) {
        let h = at.state.len();
        let (i_and_f, g_and_o) = at.gates.split_at_mut(2 * h);
        let (g, o) = g_and_o.split_at_mut(h);
        let (if_of_state, rest) = at.recurrent.split_at(2 * h);
        let (g_of_state, o_of_state) = rest.split_at(h);
        for (gate, &of_state) in i_and_f.iter_mut().zip(if_of_state) {
            *gate = (*gate + of_state).sigmoid_kernel(at.math);
        }
        for (o, &of_state) in o.iter_mut().zip(o_of_state) {
            *o = (*o + of_state).sigmoid_kernel(at.math);
        }
        for (g, &of_state) in g.iter_mut().zip(g_of_state) {
            *g = (*g + of_state).tanh_kernel(at.math);
        }
        let (i, f) = i_and_f.split_at(h);
        let (g, o) = (&g[..h], &o[..h]);
        let (cell, kept, state) = (&mut at.cell[..h], &mut at.kept[..h], &mut at.state[..h]);
        for k in 0..h {
            let c = f[k] * cell[k] + i[k] * g[k];
            cell[k] = c;
            kept[k] = c;
            state[k] = o[k] * c.tanh_kernel(at.math);
        }
    }

    #[inline(always)]
    fn back(self, at: Back<'_, T>) {
        let h = at.state.len();
        let one = T::one();
        let (i, rest) = at.gates.split_at(h);
        let (f, rest) = rest.split_at(h);
        let (g, o) = rest.split_at(h);
        let (di, rest) = at.d_gates.split_at_mut(h);
        let (df, rest) = rest.split_at_mut(h);
        let (dg, d_o) = rest.split_at_mut(h);
        let (cell, kept) = (&at.cell[..h], &at.kept[..h]);
        let (d_state, d_cell) = (&mut at.d_state[..h], &mut at.d_cell[..h]);
        for k in 0..h {
            let (i, f, g, o) = (i[k], f[k], g[k], o[k]);
            let (d, tanh) = (d_state[k], kept[k].tanh_kernel(at.math));
            let dc = d_cell[k] + d * o * (one - tanh * tanh);
            di[k] = dc * g * i * (one - i);
            df[k] = dc * cell[k] * f * (one - f);
            dg[k] = dc * i * (one - g * g);
            d_o[k] = d * tanh * o * (one - o);
            d_cell[k] = dc * f;
            d_state[k] = T::zero();
        }
    }
}
