//! Links this package's programs against libtorch.

fn main() {
    radiograph_link::libtorch();
}
