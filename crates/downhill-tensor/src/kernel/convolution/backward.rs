//! The derivatives of convolutions.

use std::ops::Range;

use super::direct::TOGETHER;
use super::patches::rows_of;
use super::{Convolution, OnBlock, sum};
use crate::gemm::{Gemm, Matrix, Start, Store, gemm};
use crate::kernel::pieces::Pieces;
use crate::{Real, Threads, vectorize};

impl Convolution {
    /// Computes ∂L/∂x, if that is wanted, and the sums of parts that ∂L/∂W and ∂L/∂b are made of, if there is room for
    /// them: see [`weight_derivative`](Convolution::weight_derivative). x is needed for ∂L/∂W alone. `cotangent` writes
    /// elements of ∂L/∂y into a slice, from a place on. `scratch` and `partial` are as long as
    /// [`scratch`](Convolution::scratch) and [`partial`](Convolution::partial) say, with any content.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    #[allow(clippy::too_many_arguments)]
    pub fn backward<T: Real>(
        &self,
        dx: Option<(Store, &mut [T])>,
        partial: Option<&mut [T]>,
        x: Option<&[T]>,
        weight: &[T],
        cotangent: OnBlock<'_, T>,
        scratch: &mut [T],
        threads: &Threads,
    ) {
        let ([_, outputs], rows, width) = (self.own(), self.rows(), self.output[1]);
        let patches = self.patches();
        let parts = self.parts();
        let has_adjoint = self.adjoint().is_some();
        let (sorted, scratch) = scratch.split_at_mut(self.sorted());
        let mirrored = if has_adjoint && dx.is_some() { self.mirrored_weights(sorted, weight) } else { &[] };
        let dx = dx.map(|(store, dx)| (store, Pieces::new(dx)));
        let partial = partial.map(Pieces::new);
        let one = Threads::single();
        let inner = if parts == 1 { threads } else { &one };
        self.run(parts, scratch, threads, |part, scratch| {
            let images = part * self.samples / parts..(part + 1) * self.samples / parts;
            let each = self.partial_of_one();
            let own = part * each..(part + 1) * each;
            // SAFETY: each part has a piece of its own.
            let sums = partial.as_ref().map(|partial| unsafe { partial.piece(own) });
            let (mut dw, mut db) = sums.map(|sums| sums.split_at_mut(self.channels[1] * rows)).unzip();
            db.iter_mut().for_each(|sums| sums.fill(T::zero()));
            // The first image of all writes where there is an adjoint.
            if !has_adjoint || images.is_empty() {
                dw.iter_mut().for_each(|sums| sums.fill(T::zero()));
            }
            let alone = self.is_pointwise() || self.is_depthwise();
            if alone && self.pixels() > 0 {
                for (image, group) in
                    images.flat_map(|image| (0..self.groups).map(move |group| (image, group)))
                {
                    let channels = group * outputs..(group + 1) * outputs;
                    let (own, start) = (
                        channels.start * rows..channels.end * rows,
                        (image * self.channels[1] + channels.start) * self.pixels(),
                    );
                    let sums = dw.as_mut().zip(db.as_mut());
                    let sums = sums.map(|(dw, db)| (&mut dw[own.clone()], &mut db[channels]));
                    // SAFETY: each image is one part's.
                    let dx = dx
                        .as_ref()
                        .map(|(store, dx)| unsafe { (*store, dx.piece(self.planes(group, image))) });
                    let (x, weight) = (x.map(|x| &x[self.planes(group, image)]), &weight[own]);
                    if self.is_pointwise() {
                        self.backward_pointwise(dx, sums, x, weight, cotangent, start, scratch, inner);
                    } else {
                        self.backward_depthwise(dx, sums, x, weight, cotangent, start, scratch);
                    }
                }
                return;
            }
            if has_adjoint {
                let first = images.start;
                for (image, group) in
                    images.flat_map(|image| (0..self.groups).map(move |group| (image, group)))
                {
                    let channels = group * outputs..(group + 1) * outputs;
                    let own = channels.start * rows..channels.end * rows;
                    let (delta, scratch) = scratch.split_at_mut(outputs * self.pixels());
                    cotangent(delta, (image * self.channels[1] + channels.start) * self.pixels());
                    if let Some(db) = &mut db {
                        for (db, delta) in db[channels].iter_mut().zip(delta.chunks_exact(self.pixels())) {
                            *db += sum(delta);
                        }
                    }
                    if let (Some(x), Some(dw)) = (x, &mut dw) {
                        let (x, dw) = (&x[self.planes(group, image)], &mut dw[own.clone()]);
                        let store = if image == first { Store::Write } else { Store::Add };
                        self.put_weight_derivative((store, dw), x, image, delta, scratch, inner);
                    }
                    if let Some((store, dx)) = &dx {
                        // SAFETY: each image is one part's.
                        let dx = unsafe { dx.piece(self.planes(group, image)) };
                        self.pull_back((*store, dx), delta, &mirrored[own], scratch);
                    }
                }
                return;
            }
            for group in 0..self.groups {
                if let Some((Store::Write, dx)) = &dx {
                    for image in images.clone() {
                        // SAFETY: each image is one part's.
                        unsafe { dx.piece(self.planes(group, image)) }.fill(T::zero());
                    }
                }
                let all = images.start * self.output[0]..images.end * self.output[0];
                for start in all.clone().step_by(self.block()) {
                    let of = start..all.end.min(start + self.block());
                    let n = of.len() * width;
                    if n == 0 {
                        continue;
                    }
                    let (seen, scratch) = scratch.split_at_mut(self.scratch_of_block_by_windows());
                    let (columns, scratch) = scratch.split_at_mut(rows * n);
                    let (delta, strips) = scratch.split_at_mut(outputs * n);
                    for (channel, delta) in (group * outputs..).zip(delta.chunks_exact_mut(n)) {
                        for of in rows_of(of.clone(), self.output) {
                            let places = self.places(channel, &of);
                            cotangent(&mut delta[of.column..][..places.len()], places.start);
                        }
                        if let Some(db) = &mut db {
                            db[channel] += sum(delta);
                        }
                    }
                    let own = group * outputs * rows..(group + 1) * outputs * rows;
                    match (x, &mut dw) {
                        (Some(x), Some(dw)) if self.has_weight_derivative_by_windows() => {
                            for of in rows_of(of.clone(), self.output) {
                                let (dw, x) = (&mut dw[own.clone()], &x[self.planes(group, of.image)]);
                                let delta = (&delta[of.column..], n);
                                self.put_weight_derivative_by_windows((Store::Add, dw), x, &of, delta, seen);
                            }
                        }
                        (Some(x), Some(dw)) => {
                            for of in rows_of(of.clone(), self.output) {
                                let strips = &mut strips[..self.strips(of.rows.len())];
                                patches.unfold(columns, n, &x[self.planes(group, of.image)], strips, &of);
                            }
                            gemm(Gemm {
                                m: outputs,
                                k: n,
                                n: rows,
                                a: Matrix::row_major(delta, n),
                                b: Matrix::row_major(columns, n).transposed(),
                                c: &mut dw[own.clone()],
                                start: Start::Destination,
                                threads: inner,
                            });
                        }
                        _ => {}
                    }
                    let delta = Matrix::row_major(delta, n);
                    if let Some((_, dx)) = &dx {
                        gemm(Gemm {
                            m: rows,
                            k: outputs,
                            n,
                            a: Matrix::row_major(&weight[own], rows).transposed(),
                            b: delta,
                            c: columns,
                            start: Start::Zero,
                            threads: inner,
                        });
                        for of in rows_of(of.clone(), self.output) {
                            // SAFETY: each image is one part's.
                            let dx = unsafe { dx.piece(self.planes(group, of.image)) };
                            let strips = &mut strips[..self.strips(of.rows.len())];
                            patches.fold(dx, columns, n, strips, &of);
                        }
                    }
                }
            }
        });
    }

    /// Stores ∂L/∂W from the sums that [`backward`](Convolution::backward) has formed, once: they are added up in place.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    pub fn weight_derivative<T: Real>(&self, (store, dw): (Store, &mut [T]), partial: &mut [T]) {
        let rows = self.rows();
        let sums = self.add_up(partial, 0..self.channels[1] * rows);
        let put = store.put();
        if self.adjoint().is_none() && !self.has_weight_derivative_by_windows() {
            return dw.iter_mut().zip(sums).for_each(|(dw, &sum)| put(dw, sum));
        }
        let [_, outputs] = self.own();
        for (group, dw) in dw.chunks_exact_mut(outputs * rows).enumerate() {
            let sums = &sums[group * outputs * rows..][..outputs * rows];
            // A few channels at a time, whose sums stand beside each other.
            for (some, dw) in dw.chunks_mut(TOGETHER * rows).enumerate() {
                for (place, row) in self.rows_of_sums().enumerate() {
                    let sums = &sums[row * outputs + some * TOGETHER..];
                    for (dw, &sum) in dw[place..].iter_mut().step_by(rows).zip(sums) {
                        put(dw, sum);
                    }
                }
            }
        }
    }

    /// Stores ∂L/∂b from the sums that [`backward`](Convolution::backward) has formed, once as well.
    ///
    /// # Panics
    /// As [`forward`](Convolution::forward).
    pub fn bias_derivative<T: Real>(&self, (store, db): (Store, &mut [T]), partial: &mut [T]) {
        let sums = self.add_up(partial, self.channels[1] * self.rows()..self.partial_of_one());
        let put = store.put();
        db.iter_mut().zip(sums).for_each(|(db, &sum)| put(db, sum));
    }

    /// The sums over all parts of these elements of each, in the place of the first.
    fn add_up<'a, T: Real>(&self, partial: &'a mut [T], own: Range<usize>) -> &'a [T] {
        let each = self.partial_of_one().max(1);
        let (first, others) = partial.split_at_mut(each.min(partial.len()));
        let sums = &mut first[own.clone()];
        for part in others.chunks_exact(each) {
            vectorize!(for (sum, &x) in sums.iter_mut().zip(&part[own.clone()]) {
                *sum += x;
            });
        }
        sums
    }
}
