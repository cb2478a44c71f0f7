//! Lets this package's tests find libtorch.

fn main() {
    radiograph_link::libtorch();
}
