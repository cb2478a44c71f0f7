//! Reads the bits of a JPEG-LS scan.

use crate::codec::Fault;

/// Bits of a scan: behind a byte of ones, the next byte has only seven (T.87, A.1).
pub(super) struct Stuffed<'b> {
    bytes: &'b [u8],
    at: usize,
    buffer: u64,
    count: u32,
}

impl<'b> Stuffed<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(&byte) = self.bytes.get(self.at) else { return };
            if byte == 0xFF && self.bytes.get(self.at + 1).is_none_or(|&next| next >= 0x80) {
                return; // a marker
            }
            let bits = if self.at > 0 && self.bytes[self.at - 1] == 0xFF { 7 } else { 8 };
            self.buffer |= u64::from(byte) << (64 - bits - self.count);
            self.count += bits;
            self.at += 1;
        }
    }

    pub(super) fn take(&mut self, count: u32) -> Result<u32, Fault> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.fill();
            if self.count < count {
                return Err(Fault::cut());
            }
        }
        let bits = (self.buffer >> (64 - count)) as u32;
        self.buffer <<= count;
        self.count -= count;
        Ok(bits)
    }

    /// Reads a mapped error in the length-limited Golomb code of T.87, A.5.3. `k` is the Golomb parameter, `limit` the maximum
    /// length of a code in bits, and `bits` the number of bits of an escaped value (qbpp).
    ///
    /// # Errors
    ///
    /// [`Fault`] if the data ends, the code is too long, or the value is 2^18 or more.
    pub(super) fn golomb(&mut self, k: u32, limit: u32, bits: u32) -> Result<i32, Fault> {
        let longest = limit.saturating_sub(bits + 1);
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > longest {
                return Fault::damaged("a code beyond its limit");
            }
        }
        let value = if zeros >= longest { self.take(bits)? + 1 } else { (zeros << k) + self.take(k)? };
        i32::try_from(value)
            .ok()
            .filter(|&value| value < 1 << 18)
            .ok_or_else(|| Fault::Damaged("an error beyond all measure".to_owned()))
    }

    /// Where the marker behind the data is searched.
    pub(super) fn marker(&self) -> usize {
        self.at
    }
}
