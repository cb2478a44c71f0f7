//! Links the program against libtorch.

fn main() {
    radiograph_link::libtorch();
}
