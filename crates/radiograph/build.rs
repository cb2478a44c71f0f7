//! Links this package's tests against libtorch.

fn main() {
    radiograph_link::libtorch();
}
