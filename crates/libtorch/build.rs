//! Lets this package's tests find libtorch, and tells the package its version.

fn main() {
    radiograph_link::libtorch();
    radiograph_link::libtorch_version();
}
