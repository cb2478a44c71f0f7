//! Decodes the samples of a JPEG-LS scan: runs and single samples (T.87, A.3 to A.7 and B).

use super::{
    parameters::Parameters,
    statistics::{Context, RunContext, golomb},
    stuffed::Stuffed,
};
use crate::codec::{Fault, segments::FrameHeader};

/// Lengths of run segments as powers of two (A.7.1.1).
const RUNS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

pub(super) struct Scan<'b> {
    parameters: Parameters,
    pub(super) bits: Stuffed<'b>,
    contexts: Vec<Context>,
    run_contexts: [RunContext; 2],
    width: usize,
    height: usize,
}

impl<'b> Scan<'b> {
    pub(super) fn new(parameters: Parameters, bits: Stuffed<'b>, frame: &FrameHeader) -> Self {
        let a = ((parameters.range + 32) / 64).max(2);
        Self {
            parameters,
            bits,
            contexts: vec![Context { a, b: 0, c: 0, n: 1 }; 365],
            run_contexts: [RunContext { a, n: 1, negative: 0 }; 2],
            width: frame.width,
            height: frame.height,
        }
    }

    /// Components line by line, or a single one.
    pub(super) fn lines(&mut self, count: usize) -> Result<Vec<Vec<u16>>, Fault> {
        let mut planes = vec![Plane::new(self.width, self.height); count];
        let mut runs = vec![0; count];
        for _ in 0..self.height {
            for (plane, run) in planes.iter_mut().zip(&mut runs) {
                plane.start_line();
                let mut column = 0;
                while column < self.width {
                    let around = plane.around(column);
                    let context = self.context(around);
                    if context == 0 {
                        let length = self.run(run, self.width - column)?;
                        plane.now[column + 1..=column + length].fill(around.left);
                        column += length;
                        if column < self.width {
                            let sample = self.run_end(around.left, plane.around(column).above, *run)?;
                            plane.now[column + 1] = sample;
                            *run = run.saturating_sub(1);
                            column += 1;
                        }
                    } else {
                        plane.now[column + 1] = self.regular(context, around)?;
                        column += 1;
                    }
                }
                plane.end_line();
            }
        }
        Ok(planes.into_iter().map(|plane| plane.samples).collect())
    }

    /// Components sample by sample: a run is one of all of them.
    pub(super) fn samples(&mut self, count: usize) -> Result<Vec<Vec<u16>>, Fault> {
        let mut planes = vec![Plane::new(self.width, self.height); count];
        let mut run = 0;
        for _ in 0..self.height {
            planes.iter_mut().for_each(Plane::start_line);
            let mut column = 0;
            while column < self.width {
                let contexts: Vec<i32> =
                    planes.iter().map(|plane| self.context(plane.around(column))).collect();
                if contexts.iter().all(|&context| context == 0) {
                    let length = self.run(&mut run, self.width - column)?;
                    for plane in &mut planes {
                        let left = plane.now[column];
                        plane.now[column + 1..=column + length].fill(left);
                    }
                    column += length;
                    if column < self.width {
                        for plane in &mut planes {
                            let around = plane.around(column);
                            let sign = if around.above < around.left { -1 } else { 1 };
                            let error = self.run_error(0, run)?;
                            plane.now[column + 1] = self.parameters.sample(around.above, error * sign);
                        }
                        run = run.saturating_sub(1);
                        column += 1;
                    }
                } else {
                    for (plane, context) in planes.iter_mut().zip(contexts) {
                        plane.now[column + 1] = self.regular(context, plane.around(column))?;
                    }
                    column += 1;
                }
            }
            planes.iter_mut().for_each(Plane::end_line);
        }
        Ok(planes.into_iter().map(|plane| plane.samples).collect())
    }

    /// Number of a context, negative where its gradients are (A.3).
    fn context(&self, around: Around) -> i32 {
        let class = |gradient| self.parameters.class(gradient);
        (class(around.right - around.above) * 9 + class(around.above - around.corner)) * 9
            + class(around.corner - around.left)
    }

    /// A sample by its neighbours (A.4 to A.6).
    fn regular(&mut self, context: i32, around: Around) -> Result<i32, Fault> {
        let parameters = self.parameters;
        // A flat context occurs beside others that are not, where components come sample by sample.
        let sign = if context < 0 { -1 } else { 1 };
        let statistics = self.contexts[context.unsigned_abs() as usize];
        let Around { left, above, corner, .. } = around;
        let edge = if corner >= left.max(above) {
            left.min(above)
        } else if corner <= left.min(above) {
            left.max(above)
        } else {
            left + above - corner
        };
        let predicted = (edge + sign * statistics.c).clamp(0, parameters.greatest);
        let k = golomb(statistics.n, statistics.a)?;
        let mapped = self.bits.golomb(k, parameters.limit, parameters.bits)?;
        let mut error = if mapped % 2 == 0 { mapped / 2 } else { -(mapped / 2) - 1 };
        if k == 0 && parameters.near == 0 && 2 * statistics.b <= -statistics.n {
            error = -error - 1;
        }
        self.contexts[context.unsigned_abs() as usize] = statistics.updated(error, &parameters);
        Ok(parameters.sample(predicted, error * sign))
    }

    /// Length of a run (A.7.1), at most `left`.
    fn run(&mut self, index: &mut usize, left: usize) -> Result<usize, Fault> {
        let mut length = 0;
        while self.bits.take(1)? == 1 {
            let segment = 1 << RUNS[*index];
            let taken = segment.min(left - length);
            length += taken;
            if taken == segment {
                *index = (*index + 1).min(31);
            }
            if length == left {
                return Ok(length);
            }
        }
        length += self.bits.take(RUNS[*index])? as usize;
        // A run that reaches the end of its line has no end to code.
        if length >= left { Fault::damaged("a run beyond its line") } else { Ok(length) }
    }

    /// The sample that ends a run (A.7.2).
    fn run_end(&mut self, left: i32, above: i32, index: usize) -> Result<i32, Fault> {
        if (left - above).abs() <= self.parameters.near {
            let error = self.run_error(1, index)?;
            return Ok(self.parameters.sample(left, error));
        }
        let error = self.run_error(0, index)?;
        Ok(self.parameters.sample(above, error * if above < left { -1 } else { 1 }))
    }

    fn run_error(&mut self, kind: i32, index: usize) -> Result<i32, Fault> {
        let parameters = self.parameters;
        let context = &mut self.run_contexts[kind as usize];
        let k = golomb(context.n, context.a + (context.n >> 1) * kind)?;
        let limit = parameters.limit.saturating_sub(RUNS[index] + 1);
        let mapped = self.bits.golomb(k, limit, parameters.bits)?;
        let coded = mapped + kind;
        let is_odd = coded % 2 == 1;
        let size = (coded + i32::from(is_odd)) / 2;
        let error = if (k != 0 || 2 * context.negative >= context.n) == is_odd { -size } else { size };
        context.negative += i32::from(error < 0);
        context.a = context.a.saturating_add((mapped + 1 - kind) >> 1);
        if context.n == parameters.reset {
            context.a >>= 1;
            context.n >>= 1;
            context.negative >>= 1;
        }
        context.n += 1;
        Ok(error)
    }
}

/// Samples next to the one that is decoded.
#[derive(Clone, Copy)]
struct Around {
    left: i32,
    above: i32,
    /// Above left.
    corner: i32,
    /// Above right.
    right: i32,
}

/// One component: two lines with a margin at either side, and what is decoded.
#[derive(Clone)]
struct Plane {
    before: Vec<i32>,
    now: Vec<i32>,
    samples: Vec<u16>,
    width: usize,
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        let line = vec![0; width + 2];
        Self { before: line.clone(), now: line, samples: Vec::with_capacity(width * height), width }
    }

    /// The margins of A.2.1.
    fn start_line(&mut self) {
        self.before[self.width + 1] = self.before[self.width];
        self.now[0] = self.before[1];
    }

    fn end_line(&mut self) {
        self.samples.extend(self.now[1..=self.width].iter().map(|&sample| sample as u16));
        std::mem::swap(&mut self.before, &mut self.now);
    }

    fn around(&self, column: usize) -> Around {
        Around {
            left: self.now[column],
            above: self.before[column + 1],
            corner: self.before[column],
            right: self.before[column + 2],
        }
    }
}
