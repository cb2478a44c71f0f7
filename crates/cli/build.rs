//! Lets the program find libtorch.

fn main() {
    radiograph_link::libtorch();
}
