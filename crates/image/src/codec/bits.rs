//! Reads bits from the entropy-coded data of a JPEG scan (ITU-T T.81, F.2.2.5).

use super::Fault;

/// Bits of a scan, most significant first. A zero byte behind a byte of ones is stuffing; a marker ends the bits.
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
    buffer: u64,
    count: u32,
}

impl<'b> Bits<'b> {
    pub(super) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF), _) | (None, _) => return,
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits; zeros stand for those behind the end.
    pub(super) fn peek(&mut self) -> u16 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u16
    }

    /// Passes up to 16 bits that were peeked at.
    pub(super) fn skip(&mut self, count: u32) -> Result<(), Fault> {
        if count > self.count {
            return Err(Fault::cut());
        }
        self.buffer <<= count;
        self.count -= count;
        Ok(())
    }

    /// The next bits, up to 16.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Fault> {
        if count == 0 {
            return Ok(0);
        }
        let bits = u32::from(self.peek()) >> (16 - count);
        self.skip(count)?;
        Ok(bits)
    }

    /// A number of T.81 F.2.2.1 (EXTEND): `size` bits, the upper half of whose codes is positive.
    pub(super) fn number(&mut self, size: u32) -> Result<i32, Fault> {
        let bits = self.take(size)? as i32;
        Ok(if size > 0 && bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits })
    }

    /// Passes the padding of an interval and the restart marker behind it, which must have this number.
    pub(super) fn restart(&mut self, number: usize) -> Result<(), Fault> {
        self.buffer = 0;
        self.count = 0;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        // Markers may be preceded by any number of filling bytes.
        let fill = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        let marker = rest.get(fill).copied().filter(|_| fill > 0);
        if marker != Some(0xD0 + (number % 8) as u8) {
            return Fault::damaged(format!("restart marker {} is missing", number % 8));
        }
        self.at += fill + 1;
        Ok(())
    }

    /// Where the marker behind the data is searched.
    pub(super) fn position(&self) -> usize {
        self.at
    }
}
