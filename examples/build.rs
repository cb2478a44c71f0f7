//! Lets this package's programs find libtorch.

fn main() {
    radiograph_link::libtorch();
}
