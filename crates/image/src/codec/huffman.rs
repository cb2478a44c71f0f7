//! Huffman tables of JPEG (ITU-T T.81, Annex C and F.2.2.3).

use super::{Fault, bits::Bits};

/// A table that decodes symbols of up to 16 bits.
#[derive(Clone)]
pub(super) struct Huffman {
    /// For each 9 leading bits: length and symbol, or length 0 where the code is longer.
    short: Vec<(u8, u8)>,
    /// For each length: the first code that is too great for it, in 16 bits.
    limits: [u32; 17],
    /// For each length: what to add to a code to get its symbol's place.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

const SHORT: u32 = 9;

impl Huffman {
    /// A table of these numbers of codes with 1 to 16 bits.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, Fault> {
        let mut table = Self {
            short: vec![(0, 0); 1 << SHORT],
            limits: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            table.offsets[length as usize] = place as i32 - code as i32;
            if code as usize + count > 1 << length {
                return Fault::damaged("a Huffman table has more codes than bits");
            }
            if length <= SHORT {
                for (number, &symbol) in symbols[place..place + count].iter().enumerate() {
                    let first = (code as usize + number) << (SHORT - length);
                    table.short[first..first + (1 << (SHORT - length))].fill((length as u8, symbol));
                }
            }
            code += count as u32;
            place += count;
            table.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    pub(super) fn decode(&self, bits: &mut Bits<'_>) -> Result<u8, Fault> {
        let ahead = bits.peek();
        let (length, symbol) = self.short[usize::from(ahead >> (16 - SHORT))];
        if length > 0 {
            bits.skip(length.into())?;
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            if u32::from(ahead) < self.limits[length as usize] {
                bits.skip(length)?;
                let place = i32::from(ahead >> (16 - length)) + self.offsets[length as usize];
                let symbol = usize::try_from(place).ok().and_then(|place| self.symbols.get(place));
                return symbol.copied().ok_or_else(|| Fault::Damaged("a code without symbol".to_owned()));
            }
        }
        Fault::damaged("a code that no Huffman table has")
    }
}
