//! Images as matrices of what the windows of a convolution see, and back ("im2col", "col2im").

use std::ops::Range;

use crate::kernel::window::{Taps, Window};
use crate::{Real, vectorize};

/// Windows that slide over planes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patches {
    pub(super) windows: [Window; 2],
    /// The height and the width of a plane.
    pub(super) plane: [usize; 2],
    /// The number of windows down and across, at least 1.
    pub(super) count: [usize; 2],
}

/// Some rows of windows: those of an image, and the column that the first window of them gets.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) image: usize,
    pub(super) rows: Range<usize>,
    pub(super) column: usize,
}

/// Cuts rows of windows, counted on from image to image, where an image ends.
pub(super) fn rows_of(rows: Range<usize>, [height, width]: [usize; 2]) -> impl Iterator<Item = Rows> + Clone {
    let first = rows.start;
    let images = rows.start / height.max(1)..rows.end.div_ceil(height.max(1));
    images.map(move |image| {
        let start = image * height;
        let own = rows.start.max(start)..rows.end.min(start + height);
        Rows { image, rows: own.start - start..own.end - start, column: (own.start - first) * width }
    })
}

/// The numbers that are copied at once.
const CHUNK: usize = 16;

// Patches are taken from a strip: the lines of each plane that some rows of windows see, with their border. So there is
// no border to be told apart for each tap.
impl Patches {
    /// The number of taps of a window.
    pub(super) fn taps(&self) -> usize {
        self.windows[0].kernel * self.windows[1].kernel
    }

    /// The lines, and the elements of a line, that so many rows of windows see of a plane.
    pub(super) fn strip(&self, rows: usize) -> [usize; 2] {
        let seen = |axis: usize, count: usize| {
            let Window { kernel, stride, dilation, .. } = self.windows[axis];
            (count - 1) * stride + (kernel - 1) * dilation + 1
        };
        [seen(0, rows), seen(1, self.count[1])]
    }

    /// The elements of a strip of a plane that so many rows of windows see.
    pub(super) fn strip_elements(&self, rows: usize) -> usize {
        self.strip(rows).iter().product()
    }

    /// The columns of a strip that are not border.
    fn inside(&self, width: usize) -> Range<usize> {
        let start = self.windows[1].before.min(width);
        start..(self.windows[1].before + self.plane[1]).min(width)
    }

    /// The line of a plane that a line of the strip is, if it is none of the border's.
    #[inline(always)]
    fn line(&self, of: &Rows, line: usize) -> Option<usize> {
        let place = (of.rows.start * self.windows[0].stride + line).checked_sub(self.windows[0].before);
        place.filter(|&place| place < self.plane[0])
    }

    /// Copies what some rows of windows see of the planes of an image into strips, and zeros for the border.
    #[inline(always)]
    pub(super) fn gather<T: Real>(&self, strips: &mut [T], planes: &[T], of: &Rows) {
        let ([height, width], [_, columns]) = (self.plane, self.strip(of.rows.len()));
        let inside = self.inside(columns);
        let strips = strips.chunks_exact_mut(self.strip_elements(of.rows.len()));
        for (strip, plane) in strips.zip(planes.chunks_exact(height * width)) {
            // One by one the ends of lines would take a call each.
            strip.fill(T::zero());
            for (line, there) in strip.chunks_exact_mut(columns).enumerate() {
                if let Some(line) = self.line(of, line) {
                    copy_line(&mut there[inside.clone()], &plane[line * width..]);
                }
            }
        }
    }

    /// The numbers of classes of taps down and across.
    pub(super) fn classes(&self) -> [usize; 2] {
        self.windows.map(Window::class_count)
    }

    /// The columns that a class of taps across sees of a plane.
    fn columns_seen(&self) -> usize {
        self.count[1] + self.windows[1].reach()
    }

    /// Those of them that are not border.
    #[inline(always)]
    fn columns_inside(&self, class: Taps) -> Range<usize> {
        let ([_, width], [_, across]) = (self.plane, self.windows);
        let column = |place: usize| place.saturating_sub(class.left).div_ceil(across.stride);
        let seen = self.columns_seen();
        column(across.before).min(seen)..column(across.before + width).min(seen)
    }

    /// The columns of border at the end of a line that are those at the start of the next one, too.
    pub(super) fn shared(&self) -> usize {
        let borders = self.windows[1].classes().map(|class| {
            let inside = self.columns_inside(class);
            inside.start.min(self.columns_seen() - inside.end)
        });
        borders.min().unwrap_or(0).min(self.windows[1].reach())
    }

    /// The lines and columns that a class of taps sees of a plane from so many lines of windows, but for the columns that the
    /// next line has.
    pub(super) fn seen(&self, lines: usize) -> [usize; 2] {
        [lines + self.windows[0].reach(), self.columns_seen() - self.shared()]
    }

    /// The elements of a plane that all classes of taps see from so many lines of windows.
    pub(super) fn seen_elements(&self, lines: usize) -> usize {
        self.classes().iter().chain(&self.seen(lines)).product()
    }

    /// Copies what some lines of windows see of the planes of an image, and zeros for the border: [plane, class down, class
    /// across, line, column], and then the border that the last line would share. To a class windows are next to each other.
    #[inline(always)]
    pub(super) fn gather_classes<T: Real>(&self, to: &mut [T], planes: &[T], of: &Rows) {
        let ([height, width], [high, wide], [down, across]) =
            (self.plane, self.seen(of.rows.len()), self.windows);
        let classes = down.classes().flat_map(|lines| across.classes().map(move |columns| (lines, columns)));
        let behind = to.len() - self.shared();
        to[behind..].fill(T::zero());
        for (class, (lines, columns)) in classes.enumerate() {
            let Range { start, end } = self.columns_inside(columns);
            let places =
                to.chunks_exact_mut(high * wide).skip(class).step_by(self.classes().iter().product());
            for (there, plane) in places.zip(planes.chunks_exact(height * width)) {
                there.fill(T::zero());
                for (line, there) in there.chunks_exact_mut(wide).enumerate() {
                    let line = (of.rows.start + line) * down.stride + lines.left;
                    let line = line.checked_sub(down.before).filter(|&line| line < height && start < end);
                    let Some(line) = line else { continue };
                    let there = &mut there[start..end];
                    let first = start * across.stride + columns.left - across.before;
                    let from = &plane[line * width..][first..width];
                    match across.stride {
                        1 => copy_line(there, from),
                        2 => copy_every_second(there, from),
                        stride => {
                            for (there, &x) in there.iter_mut().zip(from.iter().step_by(stride)) {
                                *there = x;
                            }
                        }
                    }
                }
            }
        }
    }

    /// Copies, for each tap of a line, what it sees of what [`gather_classes`](Patches::gather_classes) has written: [tap,
    /// plane, class down, line, window].
    #[inline(always)]
    pub(super) fn shift<T: Copy>(&self, to: &mut [T], classes: &[T], lines: usize) {
        let ([high, wide], across, [_, over]) = (self.seen(lines), self.count[1], self.windows);
        let of_column_class = high * wide;
        let each = self.classes()[1] * of_column_class;
        let blocks = (classes.len() - self.shared()) / each;
        let mut places = to.chunks_exact_mut(high * across);
        for tap in 0..over.kernel {
            let (every, column) = (self.classes()[1], tap * over.dilation / over.stride);
            for block in 0..blocks {
                let Some(place) = places.next() else { return };
                let from = &classes[block * each + tap % every * of_column_class + column..];
                for (line, start) in (0..place.len()).step_by(across).enumerate() {
                    copy_first(&mut place[start..], &from[line * wide..], across);
                }
            }
        }
    }

    /// The adjoint of [`gather`](Patches::gather): adds the strips to the planes.
    #[inline(always)]
    pub(super) fn scatter<T: Real>(&self, planes: &mut [T], strips: &[T], of: &Rows) {
        let ([height, width], [_, columns]) = (self.plane, self.strip(of.rows.len()));
        let inside = self.inside(columns);
        let strips = strips.chunks_exact(self.strip_elements(of.rows.len()));
        for (strip, plane) in strips.zip(planes.chunks_exact_mut(height * width)) {
            for (line, from) in strip.chunks_exact(columns).enumerate() {
                if let Some(line) = self.line(of, line) {
                    for (there, &x) in plane[line * width..].iter_mut().zip(&from[inside.clone()]) {
                        *there += x;
                    }
                }
            }
        }
    }

    /// For each tap of the windows on planes of one image, writes what it sees into a row of `columns`, of `stride`
    /// elements: each window is a column. `strips` are as many strips as there are planes, with any content.
    pub(super) fn unfold<T: Real>(
        &self,
        columns: &mut [T],
        stride: usize,
        planes: &[T],
        strips: &mut [T],
        of: &Rows,
    ) {
        let (across, [_, width]) = (self.count[1], self.strip(of.rows.len()));
        vectorize!({
            self.gather(strips, planes, of);
            let mut rows = columns.chunks_exact_mut(stride);
            self.for_taps(
                strips.len(),
                of,
                #[inline(always)]
                |tap| {
                    let Some(row) = rows.next() else { return };
                    let row = &mut row[of.column..][..of.rows.len() * across];
                    for y in 0..of.rows.len() {
                        let (there, from) =
                            (&mut row[y * across..], &strips[tap + y * self.windows[0].stride * width..]);
                        match self.windows[1].stride {
                            1 => copy_first(there, from, across),
                            2 => copy_every_second(&mut there[..across], from),
                            stride => {
                                let there = &mut there[..across];
                                for (there, &x) in there.iter_mut().zip(from.iter().step_by(stride)) {
                                    *there = x;
                                }
                            }
                        }
                    }
                },
            );
        });
    }

    /// The adjoint of [`unfold`](Patches::unfold): adds each row of `columns` to what its tap sees.
    pub(super) fn fold<T: Real>(
        &self,
        planes: &mut [T],
        columns: &[T],
        stride: usize,
        strips: &mut [T],
        of: &Rows,
    ) {
        let (across, [_, width]) = (self.count[1], self.strip(of.rows.len()));
        vectorize!({
            strips.fill(T::zero());
            let mut rows = columns.chunks_exact(stride);
            self.for_taps(
                strips.len(),
                of,
                #[inline(always)]
                |tap| {
                    let Some(row) = rows.next() else { return };
                    let row = &row[of.column..][..of.rows.len() * across];
                    for (y, from) in row.chunks_exact(across).enumerate() {
                        let there = &mut strips[tap + y * self.windows[0].stride * width..];
                        match self.windows[1].stride {
                            1 => add_each(there, from),
                            2 => add_to_every_second(there, from),
                            stride => {
                                for (there, &x) in there.iter_mut().step_by(stride).zip(from) {
                                    *there += x;
                                }
                            }
                        }
                    }
                },
            );
            self.scatter(planes, strips, of);
        });
    }

    /// Calls `f` with the place in the strips of each tap of the first window.
    #[inline(always)]
    fn for_taps(&self, elements: usize, of: &Rows, mut f: impl FnMut(usize)) {
        let [_, width] = self.strip(of.rows.len());
        let [down, across] = self.windows;
        for strip in (0..elements).step_by(self.strip_elements(of.rows.len())) {
            for y_tap in 0..down.kernel {
                for x_tap in 0..across.kernel {
                    f(strip + y_tap * down.dilation * width + x_tap * across.dilation);
                }
            }
        }
    }
}

/// Copies as many elements as there is room for: a call takes longer than so short a copy.
#[inline(always)]
pub(super) fn copy_line<T: Copy>(to: &mut [T], from: &[T]) {
    let from = &from[..to.len()];
    if copy_by::<CHUNK, T>(to, from) || copy_by::<4, T>(to, from) {
        return;
    }
    for (to, &from) in to.iter_mut().zip(from).take(3) {
        *to = from;
    }
}

/// Copies `N` elements at once, the last ones again with those before them; or answers false if there are not so many.
#[inline(always)]
fn copy_by<const N: usize, T: Copy>(to: &mut [T], from: &[T]) -> bool {
    let Some(last) = from.last_chunk::<N>() else { return false };
    for (to, from) in to.as_chunks_mut::<N>().0.iter_mut().zip(from.as_chunks::<N>().0) {
        *to = *from;
    }
    if let Some(to) = to.last_chunk_mut() {
        *to = *last;
    }
    true
}

/// Copies the first `count` elements, and then others that do not matter where there is room: so short a copy is faster in
/// chunks of one size than as a call.
#[inline(always)]
fn copy_first<T: Copy>(to: &mut [T], from: &[T], count: usize) {
    let mut done = 0;
    while done < count {
        match (to.get_mut(done..done + CHUNK), from.get(done..done + CHUNK)) {
            (Some(to), Some(from)) => to.copy_from_slice(from),
            _ => return to[done..count].copy_from_slice(&from[done..count]),
        }
        done += CHUNK;
    }
}

/// Copies the first of each two elements; the last pair may be cut short.
#[inline(always)]
fn copy_every_second<T: Copy>(to: &mut [T], from: &[T]) {
    let (pairs, rest) = from.as_chunks::<2>();
    let (whole, last) = to.split_at_mut(to.len().min(pairs.len()));
    for (to, &[x, _]) in whole.iter_mut().zip(pairs) {
        *to = x;
    }
    if let ([to], [x]) = (last, rest) {
        *to = *x;
    }
}

/// The adjoint of [`copy_every_second`].
#[inline(always)]
fn add_to_every_second<T: Real>(to: &mut [T], from: &[T]) {
    let (pairs, rest) = to.as_chunks_mut::<2>();
    let (whole, last) = from.split_at(from.len().min(pairs.len()));
    for ([to, _], &x) in pairs.iter_mut().zip(whole) {
        *to += x;
    }
    if let ([to], [x]) = (rest, last) {
        *to += *x;
    }
}

/// Adds each number of `from` to one of `to`.
#[inline(always)]
fn add_each<T: Real>(to: &mut [T], from: &[T]) {
    let (chunks, rest) = from.as_chunks::<8>();
    let (to, last) = to[..from.len()].split_at_mut(chunks.len() * 8);
    for (to, from) in to.as_chunks_mut::<8>().0.iter_mut().zip(chunks) {
        // Read whole before anything is written: nothing then says that it must be done one by one.
        let mut sums = *to;
        for (sum, &x) in sums.iter_mut().zip(from) {
            *sum += x;
        }
        *to = sums;
    }
    for (to, &x) in last.iter_mut().zip(rest) {
        *to += x;
    }
}
