//! Number formats of safetensors files, by name and size.

use std::fmt;

macro_rules! dtypes {
    ($($name:ident $text:literal $bytes:literal,)*) => {
        /// A number format of a safetensors file, by its name there. Weights are only read from `F32`.
        #[allow(missing_docs, non_camel_case_types, reason = "they say no more than the format's own names")]
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Dtype { $($name,)* }

        impl Dtype {
            /// The format with this name.
            pub fn of(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Number of bytes of one number.
            pub const fn bytes(self) -> u64 {
                match self { $(Self::$name => $bytes,)* }
            }
        }
    };
}

dtypes! {
    Bool "BOOL" 1,
    U8 "U8" 1,
    I8 "I8" 1,
    F8_E5M2 "F8_E5M2" 1,
    F8_E4M3 "F8_E4M3" 1,
    U16 "U16" 2,
    I16 "I16" 2,
    F16 "F16" 2,
    BF16 "BF16" 2,
    U32 "U32" 4,
    I32 "I32" 4,
    F32 "F32" 4,
    U64 "U64" 8,
    I64 "I64" 8,
    F64 "F64" 8,
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
